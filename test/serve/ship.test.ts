import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { end, launch, until, watching } from '../support/program.ts';

const root = mkdtempSync(join(tmpdir(), 'serve-ship-'));
after(() => rmSync(root, { recursive: true }));
const PATH = process.env['PATH'];
const count = 3000;

/** Logs of a CRI runtime, as the kubelet's directories have them: two containers, both streams, several lines an instant. */
function writeLogs(directory: string): Map<string, string[]> {
  const expected = new Map<string, string[]>();
  for (const container of ['web', 'side-car']) {
    const folder = join(directory, `default_web-0_0b6c7f3e-7d1c-4d6e-9a50-2f8f2f1f2b11/${container}`);
    mkdirSync(folder, { recursive: true });
    const texts = Array.from(
      { length: count },
      (_, index) => `${container} ${index} – "quoted" <b> \\ ${'x'.repeat(index % 90)}`,
    );
    const lines = texts.map((text, index) => {
      const time = `2026-01-02T03:04:${String(Math.floor(index / 100)).padStart(2, '0')}.${String(index % 10).padStart(9, '0')}Z`;
      return { time, line: `${time} ${index % 7 === 0 ? 'stderr' : 'stdout'} F ${text}\n`, text };
    });
    writeFileSync(join(folder, '0.log'), lines.map(({ line }) => line).join(''));
    expected.set(container, lines.map(({ time, text }) => `${time} ${text}`).toSorted());
  }
  return expected;
}

for (const [sink, path, more] of [
  ['http', '/write', []],
  ['http', '/write', ['--encoding=ndjson']],
  ['loki', '/loki/api/v1/push', []],
  ['loki', '/loki/api/v1/push', ['--encoding=json']],
] as const) {
  test(`F: all that ship sends to ${path} is found again: ${sink} ${more.join(' ')}`, async (t) => {
    const directory = mkdtempSync(join(root, 'run-'));
    const expected = writeLogs(join(directory, 'pods'));
    const tokens = join(directory, 'tokens');
    writeFileSync(tokens, 'f7token\n');
    const data = [`--data-path=${join(directory, 'data')}`, '--bind-address=127.0.0.1', '--port=0'];
    const serve = watching(launch(['serve', ...data, `--write-tokens=${tokens}`], { PATH }));
    t.after(() => serve.child.kill('SIGKILL'));
    await until('serve', () => serve.url !== '', 120_000);
    const to = [`--sink=${sink}`, `--url=${serve.url}${path}`, `--token-file=${tokens}`, '--node-name=node-1'];
    const from = [`--paths=${join(directory, 'pods/*/*/*.log')}`, `--state-path=${join(directory, 'state')}`];
    const ship = launch(['ship', ...from, ...to, ...more, '--status-address=off', '--batch-wait=0.05'], { PATH });
    t.after(() => ship.kill('SIGKILL'));
    const ended = end(ship);
    const stored = () => serve.metric('logwatch_serve_stored_entries_total');
    await until('all to be stored', async () => (await stored()) === 2 * count, 200_000);
    ship.kill('SIGTERM');
    assert.equal((await ended).code, 0);
    for (const [container, lines] of expected) {
      const names = `namespace=default&pod_name=web-0&container_name=${container}`;
      const times = 'start_time=2026-01-01T00:00:00Z&end_time=2026-01-03T00:00:00Z';
      const answer = JSON.parse(await serve.text(`/query?${names}&${times}`)) as {
        log_rows: { time: string; log: string }[];
      };
      const found = answer.log_rows.map(({ time, log }) => {
        const [whole, fraction = ''] = time.slice(0, -1).split('.');
        return `${whole}.${fraction.padEnd(9, '0')}Z ${log}`;
      });
      assert.equal(found.length, count);
      assert.deepEqual(found.toSorted(), lines);
    }
    assert.equal(await stored(), 2 * count);
    assert.equal((await serve.stop()).code, 0);
  });
}
