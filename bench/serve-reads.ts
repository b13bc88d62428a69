import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { cpuOf, load, memoryOf } from './process.ts';
import { ask, start } from './serve.ts';
import { body, gap, podOf } from './serve-entries.ts';
import { percentile, table } from './table.ts';

const hour = 3_600_000;

type Serving = Pick<Awaited<ReturnType<typeof start>>, 'pid' | 'port'>;

function begin({ port }: Serving, path: string, method = 'GET') {
  const asked = request({ port, host: '127.0.0.1', path, method });
  return { asked, answer: once(asked, 'response') as Promise<[IncomingMessage]> };
}

async function fill({ port }: Serving, entries: number, since: number): Promise<void> {
  for (let from = 0; from < entries; from += 1000) {
    const sent = body('loki', from, 1000, { begin: since, gap: gap(entries, hour) });
    await ask(port, sent.path, sent);
  }
}

/** Bytes of an answer, which is thrown away as it comes. */
async function weigh(serving: Serving, path: string): Promise<number> {
  const { asked, answer } = begin(serving, path);
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
    const since = Date.now() - hour;
    await fill(first, entries, since);
    const range = { start: `${since}000000`, end: `${since + hour}000000` };
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
    const beside: number[] = [];
    await measure('export of all, three at once', first, async () => {
      const over = new AbortController();
      const exports = Promise.all([1, 2, 3].map(() => weigh(first, '/api/export'))).finally(() => over.abort());
      while (!over.signal.aborted) {
        const asked = performance.now();
        await weigh(first, `/api/search?from=2h&limit=1000&pod=${podOf(beside.length % 100)}`);
        beside.push(performance.now() - asked);
      }
      return (await exports).reduce((sum, bytes) => sum + bytes);
    });
    await measure('import of all', second, async () => {
      const [from, to] = [begin(first, '/api/export'), begin(second, '/api/import', 'POST')];
      from.asked.end();
      const [rowsOf] = await from.answer;
      await pipeline(rowsOf, to.asked);
      const [said] = await to.answer;
      return Buffer.byteLength((await said.setEncoding('utf8').toArray()).join(''));
    });
    const [p50, p99] = [0.5, 0.99].map((share) => percentile(beside, share).toFixed(0));
    return `${table(rows)}\n\nBeside the three exports ${beside.length} questions for 1,000 lines of a pod: p50 ${p50} ms, p99 ${p99} ms.`;
  } finally {
    await first.stop();
    await second.stop();
  }
}
