import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { TestContext } from 'node:test';
import { ConfigError } from '../../src/config/error.ts';
import { shipEndpoints } from '../../src/ship/endpoints.ts';
import { createShipMetrics } from '../../src/ship/metrics.ts';
import { shipSettings } from '../../src/ship/settings.ts';
import { createShip } from '../../src/ship/ship.ts';
import { silent } from '../../src/system/log.ts';
import { startLoki } from './loki.ts';

/** The directory of the project. */
export const home = join(import.meta.dirname, '../..');
export const usual = [
  '--timeout',
  '60',
  '--interval',
  '0.1',
  '--batch-wait',
  '0.02',
  '--backoff-least',
  '0.02',
  '--partial-wait',
  '0.3',
];
export const cri = (text: string, { stream = 'stdout', tag = 'F', time = '2026-01-02T03:04:05.000000006Z' } = {}) =>
  `${time} ${stream} ${tag} ${text}\n`;
export const docker = (log: string, stream = 'stdout') =>
  `${JSON.stringify({ log, stream, time: '2019-12-01T03:33:17.5Z' })}\n`;
export const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i + 1));

export function place(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'ship-conformance-'));
  t.after(() => rmSync(root, { recursive: true }));
  const put = (name: string, text: string) => {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    appendFileSync(path, text);
    return path;
  };
  const pod = (name: string, text: string, namespace = 'default') =>
    put(`pods/${namespace}_${name}_uid-${name}/app/0.log`, text);
  return { root, put, pod, pods: join(root, 'pods/**/*.log') };
}

export function processOf(argv: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const text = { out: '', err: '' };
  stdout.setEncoding('utf8').on('data', (part: string) => (text.out += part));
  stderr.setEncoding('utf8').on('data', (part: string) => (text.err += part));
  const signal = new AbortController();
  const all = { NODE_NAME: 'node-1', ...env };
  const process = { argv, env: all, stdin: stdout, stdout, stderr, signal: signal.signal, home, version: '1' };
  return { process, text };
}

/** A ship in this process, running until the test is over or `stop` is called. */
export async function start(t: TestContext, args: readonly string[], env: NodeJS.ProcessEnv = {}, begin = true) {
  const { process, text } = processOf([...usual, ...args], env);
  const metrics = createShipMetrics();
  const ship = await createShip(shipSettings(process, []), process, silent, metrics);
  const ended = new AbortController();
  let running: Promise<void> | undefined;
  const run = () => (running ??= ship.run(ended.signal, () => {}));
  const stop = async () => {
    ended.abort();
    await run();
  };
  if (begin) void run();
  t.after(stop);
  const routes = shipEndpoints(ship, metrics, 100);
  const get = async (path: string) => (await routes[path]?.(new URLSearchParams())) ?? assert.fail();
  return { text, stop, get, run, lines: () => text.out.split('\n').filter(Boolean) };
}

export async function lokiFor(t: TestContext, tenant?: string) {
  const loki = await startLoki({ tenant });
  t.after(() => loki.close());
  return Object.assign(loki, { lines: () => loki.entries.map(({ line }) => line) });
}

export const settingsOf = (argv: readonly string[], env: NodeJS.ProcessEnv = {}) => shipSettings({ argv, env }, []);
export const problemsOf = (argv: readonly string[]): readonly string[] => {
  try {
    settingsOf(argv);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};
