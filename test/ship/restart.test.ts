// What happens to logs while ship is stopped.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { createShipMetrics } from '../../src/ship/metrics.ts';
import { shipSettings } from '../../src/ship/settings.ts';
import { createShip } from '../../src/ship/ship.ts';
import { silent } from '../../src/system/log.ts';
import { until } from '../support/program.ts';

function place(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'restart-'));
  t.after(() => rmSync(root, { recursive: true }));
  const log = (name: string, text: string) => {
    const path = join(root, 'logs', name, '0.log');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  const args = ['--paths', join(root, 'logs/*/*.log'), '--state-path', join(root, 'state'), '--encoding', 'loggy'];
  const waits = ['--interval', '0.1', '--batch-wait', '0.02', '--partial-wait', '0.2'];
  const begin = async (...more: string[]) => {
    const stdout = new PassThrough();
    const said: string[] = [];
    stdout.setEncoding('utf8').on('data', (part: string) => {
      for (const line of part.trimEnd().split('\n')) said.push(line.split(' : ')[1] ?? '');
    });
    const process = {
      argv: [...args, ...waits, ...more],
      env: {},
      stdin: stdout,
      stdout,
      stderr: stdout,
      signal: new AbortController().signal,
      home: root,
      version: '1',
    };
    const ship = await createShip(shipSettings(process, []), process, silent, createShipMetrics());
    const ended = new AbortController();
    const followed = Promise.withResolvers<undefined>();
    const running = ship.run(ended.signal, () => followed.resolve(undefined));
    const stop = async () => {
      ended.abort();
      await running;
    };
    t.after(stop);
    await followed.promise;
    return { said, stop };
  };
  return { log, begin };
}

test('a log that appeared and was rotated meanwhile is read from its first file', async (t) => {
  const { log, begin } = place(t);
  log('known', 'a\n');
  const one = await begin();
  await until('the first', () => one.said.includes('a'));
  await one.stop();
  for (const text of ['b1\n', 'b2\n']) {
    const path = log('new', text);
    renameSync(path, `${path}.20260102-03040${text[1]}`);
  }
  log('new', 'b3\n');
  const two = await begin();
  await until('the last', () => two.said.includes('b3'));
  await two.stop();
  assert.deepEqual(two.said, ['b1', 'b2', 'b3']);
});

test('what was put aside before there was a ship at all is left alone, also at the second start', async (t) => {
  const { log, begin } = place(t);
  log('known', 'a\n');
  const one = await begin('--exclude', '**/other/*');
  await until('the first', () => one.said.includes('a'));
  await one.stop();
  const path = log('other', 'old\n');
  const hour = Date.now() / 1000 - 3600;
  renameSync(path, `${path}.1`);
  utimesSync(`${path}.1`, hour, hour);
  log('other', 'new\n');
  const two = await begin();
  await until('the new', () => two.said.includes('new'));
  await two.stop();
  assert.deepEqual(two.said, ['new']);
});

test('--from end is for the very first start only, also if there was nothing then', async (t) => {
  const { log, begin } = place(t);
  const one = await begin('--from', 'end');
  await one.stop();
  log('later', 'a\n');
  const two = await begin('--from', 'end');
  await until('the line', () => two.said.length > 0);
  await two.stop();
  assert.deepEqual(two.said, ['a']);
});
