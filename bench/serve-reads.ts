import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuOf, load, memoryOf } from './process.ts';
import { body, gap } from './serve-entries.ts';
import { table } from './table.ts';

const program = join(import.meta.dirname, '..', 'dist', 'main.js');
const hour = 3_600_000;

async function start() {
  const directory = mkdtempSync(join(tmpdir(), 'serve-reads-'));
  const args = ['serve', `--data-path=${directory}`, '--port=0', '--bind-address=127.0.0.1'];
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => (said += part));
  while (!/"port":\d+/.test(said)) await sleep(5);
  const pid = child.pid ?? 0;
  const port = Number(/"port":(\d+)/.exec(said)?.[1]);
  const ask = async (path: string, method = 'GET', headers: Record<string, string> = {}) => {
    const asked = request({ port, host: '127.0.0.1', path, method, headers });
    const answer = once(asked, 'response') as Promise<[IncomingMessage]>;
    return { asked, answer };
  };
  return {
    pid,
    ask,
    async stop() {
      child.kill();
      await once(child, 'exit');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

type Serving = Awaited<ReturnType<typeof start>>;

async function fill({ ask }: Serving, entries: number, begin: number): Promise<void> {
  for (let from = 0; from < entries; from += 1000) {
    const { path, type, text } = body('loki', from, 1000, { begin, gap: gap(entries, hour) });
    const { asked, answer } = await ask(path, 'POST', { 'content-type': type });
    asked.end(text);
    const [said] = await answer;
    const why = (await said.setEncoding('utf8').toArray()).join('');
    if ((said.statusCode ?? 500) >= 300) throw new Error(`${said.statusCode} for a push: ${why}`);
  }
}

/** Bytes of an answer, which is thrown away as it comes. */
async function weigh({ ask }: Serving, path: string): Promise<number> {
  const { asked, answer } = await ask(path);
  asked.end();
  const [coming] = await answer;
  let bytes = 0;
  for await (const piece of coming as AsyncIterable<Buffer>) bytes += piece.length;
  if ((coming.statusCode ?? 500) >= 300) throw new Error(`${coming.statusCode} for ${path}`);
  return bytes;
}

/** What large answers cost: time, and the most memory that there was meanwhile. */
export async function serveReads(entries = 1_000_000): Promise<string> {
  const [first, second] = [await start(), await start()];
  const rows: Record<string, string | number>[] = [];
  const measure = async (question: string, { pid }: Serving, work: () => Promise<number>) => {
    // Forgets the peak so far. Source: https://docs.kernel.org/filesystems/proc.html
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
    const before = memoryOf(pid).resident;
    const [began, cpu] = [performance.now(), cpuOf(pid)];
    const bytes = await work();
    rows.push({
      question,
      s: Number(((performance.now() - began) / 1000).toFixed(2)),
      'CPU s': Number((cpuOf(pid) - cpu).toFixed(2)),
      'MB of answer': Number((bytes / 1e6).toFixed(1)),
      'MiB before': Number(before.toFixed(0)),
      'peak MiB': Number(memoryOf(pid).peak.toFixed(0)),
      load: load(),
    });
  };
  try {
    const begin = Date.now() - hour;
    await fill(first, entries, begin);
    const range = { start: `${begin}000000`, end: `${begin + hour}000000` };
    const loki = (query: string, more: Record<string, string> = {}) =>
      `/loki/api/v1/query_range?${new URLSearchParams({ query, ...range, ...more }).toString()}`;
    const all = '{namespace=~".+"}';
    for (const [question, path] of [
      ['export of all', '/api/export'],
      ['/logs of a label that all have', '/logs/team/team-1'],
      ['5,000 lines, newest first', '/api/search?from=2h&limit=5000'],
      ['Loki: 5,000 lines', loki('{app=~".+"}', { limit: '5000' })],
      ['Loki: histogram of all by app, 1m', loki('sum by (app) (count_over_time({app=~".+"}[1m]))', { step: '60s' })],
      ['Loki: rate of a text, 1m', loki('sum(rate({app=~".+"} |= "status=500" [1m]))', { step: '60s' })],
      [
        'Loki: by a label of logfmt, 1m',
        loki('sum by (status) (count_over_time({app=~".+"} | logfmt [1m]))', { step: '60s' }),
      ],
      [
        'counts with a condition that is looked at here',
        '/api/counts?from=2h&steps=60&q=(status=500)+or+app=shop-1+and+INFO',
      ],
      ['Loki: all series, 1s', loki(`count_over_time(${all}[1m])`, { step: '1s' })],
    ] as const)
      await measure(question, first, () => weigh(first, path));
    await measure('import of all', second, async () => {
      const [from, to] = [await first.ask('/api/export'), await second.ask('/api/import', 'POST')];
      from.asked.end();
      const [rowsOf] = await from.answer;
      await pipeline(rowsOf, to.asked);
      const [said] = await to.answer;
      return Buffer.byteLength((await said.setEncoding('utf8').toArray()).join(''));
    });
    return table(rows);
  } finally {
    await first.stop();
    await second.stop();
  }
}
