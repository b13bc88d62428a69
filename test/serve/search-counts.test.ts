import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ask, base, entry, stored, whole, type Parameters } from './stored.ts';

const second = 1_000_000_000n;
const pods = ['a', 'b', 'c'];
const some = fc.array(
  fc.record({ pod: fc.constantFrom(...pods), offset: fc.nat(300), log: fc.constantFrom('x', 'yy', 'é') }),
  { maxLength: 40 },
);

test('counts are what counting gives', async (t) => {
  const { url, world } = await stored(t);
  let round = 0;
  await fc.assert(
    fc.asyncProperty(
      some,
      fc.constantFrom('1m', '7s', undefined),
      fc.boolean(),
      fc.boolean(),
      async (lines, step, grouped, filtered) => {
        round += 1;
        const label = { labels: { round: String(round) } };
        await world.store.write(
          lines.map(({ pod, offset, log }, index) =>
            entry(log, base + BigInt(offset) * second + BigInt(index), { pod, ...label }),
          ),
        );
        const length = step === '1m' ? 60n * second : step === '7s' ? 7n * second : undefined;
        const expected = new Map<string, [number, number]>();
        for (const [index, { pod, offset, log }] of lines.entries()) {
          if (filtered && log === 'x' && pod === 'a') continue;
          const time = base + BigInt(offset) * second + BigInt(index);
          const key = `${length === undefined ? '' : time - (time % length)} ${grouped ? pod : ''}`;
          const [count, bytes] = expected.get(key) ?? [0, 0];
          expected.set(key, [count + 1, bytes + Buffer.byteLength(log)]);
        }
        const answer = await ask(url, '/api/counts', {
          from: '2026-01-02T03:04:00Z',
          to: '2026-01-02T03:20:00Z',
          match: `round=${round}`,
          ...(step !== undefined && { step }),
          ...(grouped && { by: 'pod' }),
          ...(filtered && { q: 'not (x and pod=a)' }),
        });
        const { counts } = (await answer.json()) as {
          counts: { time: string; by: { pod?: string }; count: number; bytes: number }[];
        };
        const found = new Map(
          counts
            .filter(({ count }) => count > 0)
            .map(({ time, by, count, bytes }) => [
              `${length === undefined ? '' : BigInt(Date.parse(time)) * 1_000_000n} ${by.pod ?? ''}`,
              [count, bytes],
            ]),
        );
        assert.deepEqual(found, expected);
      },
    ),
    { numRuns: 30 },
  );
});

test('counts: round steps, and those with most lines', async (t) => {
  const { url, world } = await stored(t);
  await world.store.write(
    Array.from({ length: 60 }, (_, index) =>
      entry(`${index}`, base + BigInt(index) * second, { pod: `p-${index % 3 === 0 ? 0 : index}` }),
    ),
  );
  type Counts = {
    counts: { time: string; by: Record<string, string>; count: number }[];
    step: string | null;
    more: boolean;
  };
  const counts = async (parameters: Parameters) => (await (await ask(url, '/api/counts', parameters)).json()) as Counts;
  const top = await counts({ by: ['pod', 'nope'], limit: '2' });
  assert.deepEqual(top.counts[0]?.by, { pod: 'p-0', nope: '' });
  assert.deepEqual([top.counts.length, top.counts[0]?.count, top.more, top.step], [2, 20, true, null]);
  const steps = await counts({ from: '2026-01-02T03:04:00Z', to: '2026-01-02T03:06:00Z', steps: '10' });
  assert.equal(steps.step, '15s');
  assert.deepEqual(
    steps.counts.map(({ time, count }) => [time, count]),
    [
      ['2026-01-02T03:04:00Z', 10],
      ['2026-01-02T03:04:15Z', 15],
      ['2026-01-02T03:04:30Z', 15],
      ['2026-01-02T03:04:45Z', 15],
      ['2026-01-02T03:05:00Z', 5],
    ],
  );
});

test('series are what there is to choose from', async (t) => {
  const { url, world } = await stored(t);
  await world.store.write([
    entry('1', base, { labels: { 'app.kubernetes.io/name': 'web' } }),
    entry('2', base, { pod: 'db-0', labels: { tier: 'back' } }),
  ]);
  const series = async (parameters: Parameters) =>
    (await (await ask(url, '/api/series', parameters)).json()) as { series: Record<string, string>[]; more: boolean };
  const common = { namespace: 'default', container: 'web', stream: 'stdout' };
  const all = await series({});
  assert.deepEqual(new Set(all.series.map(({ pod }) => pod)), new Set(['web-0', 'db-0']));
  assert.deepEqual(await series({ pod: 'db-0' }), {
    series: [{ ...common, pod: 'db-0', tier: 'back' }],
    ...whole,
    more: false,
  });
  assert.deepEqual((await series({ limit: '1' })).more, true);
  assert.equal((await series({ match: 'app.kubernetes.io/name=~w.*' })).series[0]?.['pod'], 'web-0');
});
