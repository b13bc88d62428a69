import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { data, second, value } from './loki-asking.ts';
import { base, entry, stored } from './stored.ts';

const some = fc.array(
  fc.record(
    { pod: fc.constantFrom('a', 'b'), offset: fc.nat(400), log: fc.constantFrom('x', 'yy', 'é') },
    { noNullPrototype: true },
  ),
  { maxLength: 40 },
);

test('numbers are what counting gives: by the store, and line by line', async (t) => {
  const { url, world } = await stored(t);
  let round = 0;
  const names = fc.constantFrom('count_over_time', 'rate', 'bytes_over_time', 'bytes_rate');
  await fc.assert(
    fc.asyncProperty(
      some,
      names,
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: 70 }),
      fc.boolean(),
      async (lines, name, length, step, slow) => {
        round += 1;
        const entries = lines
          .toSorted((a, b) => a.offset - b.offset)
          .map(({ pod, offset, log }) =>
            entry(log, base + BigInt(offset) * second, { pod, labels: { round: String(round) } }),
          );
        await world.store.write(entries);
        // A filter on what a stage has found can't be looked at by the store.
        const query = `sum by (pod) (${name}({round="${round}"} ${slow ? '| __error__="" ' : ''}[${length}s]))`;
        const first = Number(base / second) - 30;
        const at = (time: number) => {
          const sums = new Map<string, number>();
          for (const { pod, offset, log } of lines) {
            const when = Number(base / second) + offset;
            if (when <= time - length || when > time) continue;
            sums.set(pod, (sums.get(pod) ?? 0) + (name.startsWith('bytes') ? Buffer.byteLength(log) : 1));
          }
          return new Map([...sums].map(([pod, sum]) => [pod, name.endsWith('rate') ? sum / length : sum]));
        };
        const found = new Map<string, number>();
        const { result } = await data(url, query, {
          start: String(first),
          end: String(first + 300),
          step: String(step),
        });
        for (const { metric, values = [] } of result)
          for (const [time, one] of values) found.set(`${metric?.['pod']} ${time}`, Number(one));
        const expected = new Map<string, number>();
        const begin = Math.floor(first / step) * step;
        for (let time = begin; time < first + 300 + step; time += step)
          for (const [pod, one] of at(time)) expected.set(`${pod} ${time}`, one);
        assert.deepEqual(found, expected);
        const single = await value(url, query, String(first + 200));
        assert.deepEqual(
          new Map(single.map(([metric, one]) => [(metric as { pod: string }).pod, Number(one)])),
          at(first + 200),
        );
      },
    ),
    { numRuns: 40 },
  );
});

test('a range begins behind its first nanosecond and ends with its last', async (t) => {
  const { url, world } = await stored(t);
  await world.store.write(
    [-60n * second, -60n * second + 1n, 0n, 1n].map((offset) => entry(`${offset}`, base + offset)),
  );
  for (const slow of ['', '| __error__=""'])
    assert.deepEqual(await value(url, `sum(count_over_time({pod="web-0"} ${slow} [1m]))`, String(base)), [[{}, '2']]);
});

test('of very many lines those of a step are counted by the store', async (t) => {
  const { url, world } = await stored(t);
  const count = 60_000;
  for (let from = 0; from < count; from += 20_000)
    await world.store.write(
      Array.from({ length: 20_000 }, (_, index) =>
        entry(`line ${(from + index) % 10}`, base + BigInt(from + index) * 10_000_000n + 1n),
      ),
    );
  const { result, stats } = await data(url, 'sum(count_over_time({pod="web-0"} |= "line" [1m]))', { step: '60s' });
  const values = result[0]?.values ?? [];
  assert.equal(
    values.reduce((sum, [, one]) => sum + Number(one), 0),
    count,
  );
  assert.deepEqual(
    values.slice(2, 9).map(([, one]) => one),
    Array.from({ length: 7 }, () => '6000'),
  );
  assert.equal(stats.summary.totalLinesProcessed, count);
  // As Grafana asks for its histogram; nobody has these names.
  const volume = 'sum by (level, detected_level) (count_over_time({pod="web-0"} | drop __error__ [1m]))';
  const histogram = await data(url, volume, { step: '60s' });
  assert.deepEqual([histogram.result[0]?.metric, histogram.result[0]?.values], [{}, values]);
  await world.store.write([entry('last', base + 601n * second, { metadata: { level: 'info' } })]);
  const levels = await data(url, volume, { step: '60s', end: String(base + 660n * second) });
  assert.deepEqual(
    levels.result.map(({ metric }) => metric),
    [{}, { level: 'info' }],
  );
  const halves = await data(url, 'sum(count_over_time({pod="web-0"}[1m]))', { step: '30s' });
  assert.deepEqual(
    halves.result[0]?.values?.slice(3, 18).map(([, one]) => one),
    Array.from({ length: 15 }, () => '6000'),
  );
  assert.deepEqual(await value(url, 'sum(bytes_over_time({pod=~".+"}[1h]))', String(base + 660n * second)), [
    [{}, String(count * 6 + 4)],
  ]);
});
