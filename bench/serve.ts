import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { Agent, request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuOf, load, memoryOf } from './process.ts';
import { body, gap, podOf, streams, type Form } from './serve-entries.ts';
import { percentile, table } from './table.ts';

const program = join(import.meta.dirname, '..', 'dist', 'main.js');
/** `--cpu-prof` and the like may be given to the process that is measured. */
const extra = (process.env['SERVE_NODE_FLAGS'] ?? '').split(' ').filter(Boolean);
const day = 86_400_000;
const hour = day / 24;
const agent = new Agent({ keepAlive: true });

/** Serves from the bundle, with a directory of its own. */
export async function start(more: readonly string[] = [], flags: readonly string[] = []) {
  const directory = mkdtempSync(join(tmpdir(), 'serve-bench-'));
  const args = ['serve', `--data-path=${directory}`, '--port=0', '--bind-address=127.0.0.1', ...more];
  const child = spawn(process.execPath, [...extra, ...flags, program, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => (said += part));
  while (!/"port":\d+/.test(said)) await sleep(5);
  const pid = child.pid ?? 0;
  const port = Number(/"port":(\d+)/.exec(said)?.[1]);
  return {
    pid,
    port,
    /** Bytes of all files of the database. */
    size: () => readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0),
    async stop() {
      child.kill();
      await once(child, 'exit');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Sends or asks; resolves with the answer's text. */
export async function ask(port: number, path: string, sent?: { type: string; text: string }): Promise<string> {
  const asked = request({ port, host: '127.0.0.1', path, agent, method: sent ? 'POST' : 'GET' });
  if (sent) asked.setHeader('content-type', sent.type);
  asked.end(sent?.text);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  const text = (await answer.setEncoding('utf8').toArray()).join('');
  if ((answer.statusCode ?? 500) >= 300) throw new Error(`${answer.statusCode} ${path}: ${text.slice(0, 200)}`);
  return text;
}

/** Writes so many entries in batches of a thousand, eight at once; the times go over a day that ends now. */
async function fill(port: number, entries: number, form: Form): Promise<void> {
  const begin = Date.now() - day;
  let next = 0;
  const send = async () => {
    while (next < entries) {
      const from = next;
      next += 1000;
      const sent = body(form, from, 1000, { begin, gap: gap(entries, day) });
      await ask(port, sent.path, sent);
    }
  };
  await Promise.all(Array.from({ length: 8 }, send));
}

/** Writes so many entries and tells what was taken in a second, and at what cost. */
export async function fillRow({ pid, port }: { pid: number; port: number }, entries: number, form: Form) {
  await fill(port, 20_000, form);
  const [began, before] = [performance.now(), cpuOf(pid)];
  await fill(port, entries, form);
  const seconds = (performance.now() - began) / 1000;
  return {
    form,
    'entries/s': Math.round(entries / seconds),
    'CPU s per million': Number((((cpuOf(pid) - before) / entries) * 1e6).toFixed(2)),
    'peak MiB': Number(memoryOf(pid).peak.toFixed(0)),
  };
}

/** What is taken in a second, durable, by both forms. */
export async function serveWrites(): Promise<string> {
  const rows = [];
  for (const form of ['loki', 'write'] as const) {
    const serving = await start();
    const row = await fillRow(serving, 2_000_000, form);
    rows.push({ ...row, 'MB on disk': Number((serving.size() / 1e6).toFixed(0)), load: load() });
    await serving.stop();
  }
  return table(rows);
}

/** Questions about ten million entries of a day. */
export async function serveQueries(entries = Number(process.env['SERVE_ENTRIES'] ?? 10_000_000)): Promise<string> {
  const { pid, port, size, stop } = await start();
  try {
    const began = Date.now() - day;
    await fill(port, entries, 'loki');
    const peak = memoryOf(pid).peak;
    const before = size();
    // Until what was written is put together.
    for (let quiet = 0, last = cpuOf(pid); quiet < 15; last = cpuOf(pid)) {
      await sleep(2000);
      quiet = cpuOf(pid) - last < 0.1 ? quiet + 1 : 0;
    }
    const iso = (time: number) => new Date(time).toISOString();
    const span = { from: iso(began), to: iso(Date.now()) };
    let turn = 0;
    const one = () => {
      turn += 1;
      const from = began + ((turn * 7) % 23) * hour;
      return { pod: podOf((turn * 13) % streams), from: iso(from), to: iso(from + hour) };
    };
    const rows = [];
    for (const [question, times, path, parameters] of [
      ['one pod, one hour, newest 1,000', 300, 'search', () => ({ ...one(), limit: '1000' })],
      ['one pod, one hour, all 4,000', 100, 'search', () => ({ ...one(), limit: '5000' })],
      ['newest 100 of all', 100, 'search', () => ({ ...span, limit: '100' })],
      ['a text that is there, newest 100', 20, 'search', () => ({ ...span, contains: 'status=500', limit: '100' })],
      ['a text that is not there, whole day', 3, 'search', () => ({ ...span, contains: 'nothing like this' })],
      ['a pattern that is rare, whole day', 1, 'search', () => ({ ...span, regex: 'took 899ms upstream=10.2.9[0-9]' })],
      ['count by label', 20, 'counts', () => ({ ...span, by: 'app' })],
      ['histogram by hour', 20, 'counts', () => ({ ...span, step: '1h' })],
      ['histogram by minute', 3, 'counts', () => ({ ...span, step: '1m' })],
      ['count of a text', 2, 'counts', () => ({ ...span, contains: 'status=500' })],
      ['series', 20, 'series', () => span],
    ] as const) {
      const taken: number[] = [];
      for (let i = 0; i < times; i += 1) {
        const at = performance.now();
        await ask(port, `/api/${path}?${new URLSearchParams(parameters()).toString()}`);
        taken.push(performance.now() - at);
      }
      const ms = (share: number) => Number(percentile(taken, share).toFixed(1));
      rows.push({ question, times, 'p50 ms': ms(0.5), 'p99 ms': ms(0.99), load: load() });
    }
    const per = (bytes: number) => Number((bytes / entries).toFixed(1));
    const raw = Buffer.byteLength(body('lines', 0, 1000, { begin: began, gap: 1 }).text) / 1000;
    const disk = {
      entries,
      'raw bytes each': raw,
      'at the end of the writing': per(before),
      'a minute later': per(size()),
    };
    const memory = { 'peak MiB writing': Number(peak.toFixed(0)), 'peak MiB': Number(memoryOf(pid).peak.toFixed(0)) };
    return `${table(rows)}\n\n${table([{ ...disk, ...memory }])}`;
  } finally {
    await stop();
  }
}
