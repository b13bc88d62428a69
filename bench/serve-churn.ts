import { readdirSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { cpuOf, load, memoryOf } from './process.ts';
import { line } from './serve-entries.ts';
import { ask, start } from './serve.ts';
import { table } from './table.ts';

/** Streams that are there at a time, and how many of such come one after the other. */
const together = 100;
const hour = 3_600_000;
/** The flags that the manifests give it. */
const flags = ['--max-old-space-size=384'];

const podOf = (stream: number) => `job-${stream}-x2v4q`;

/** Ten lines of each of the streams that are there now. */
function push(generation: number, turn: number, timeOf: (index: number) => bigint) {
  const streams = Array.from({ length: together }, (_, at) => {
    const stream = generation * together + at;
    const labels = { namespace: `team-${stream % 10}`, pod: podOf(stream), container: 'app', stream: 'stdout' };
    const from = (generation * 10 + turn) * 1000 + at * 10;
    const values = Array.from({ length: 10 }, (_, index) => [String(timeOf(from + index)), line(from + index)]);
    return { stream: labels, values };
  });
  return { type: 'application/json', text: JSON.stringify({ streams }) };
}

/**
 * A million lines of ten thousand containers that come and go, while one client follows all of it and others ask: what is
 * resident, and how many descriptors are open, after each tenth.
 */
export async function serveChurn(generations = 100): Promise<string> {
  const { pid, port, stop } = await start([], flags);
  const begin = Date.now() - hour;
  const lines = generations * 10_000;
  const timeOf = (index: number) =>
    BigInt(begin) * 1_000_000n + (BigInt(index) * BigInt(hour) * 1_000_000n) / BigInt(lines);
  const rows: Record<string, string | number>[] = [];
  const began = performance.now();
  const note = (done: number) =>
    rows.push({
      lines: done * 10_000,
      streams: done * together,
      'resident MiB': Number(memoryOf(pid).resident.toFixed(0)),
      'own MiB': Number(memoryOf(pid).anonymous.toFixed(0)),
      'most MiB': Number(memoryOf(pid).peak.toFixed(0)),
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
      'CPU s': Number(cpuOf(pid).toFixed(1)),
      s: Number(((performance.now() - began) / 1000).toFixed(0)),
      load: load(),
    });
  let heard = 0;
  const following = get({ port, host: '127.0.0.1', path: '/api/follow?from=2h' }, (answer: IncomingMessage) => {
    answer.on('data', (piece: Buffer) => (heard += piece.length)).on('error', () => undefined);
  }).on('error', () => undefined);
  try {
    for (let generation = 0; generation < generations; generation += 1) {
      for (let turn = 0; turn < 10; turn += 1) await ask(port, '/loki/api/v1/push', push(generation, turn, timeOf));
      // Names that are new each time, and a page of what is there.
      await ask(port, `/api/search?from=2h&limit=1000&pod=${podOf(generation * together)}`);
      await ask(port, `/api/counts?from=2h&by=namespace&match=pod%3D~job-${generation}.*`);
      if ((generation + 1) % (generations / 10) === 0) note(generation + 1);
    }
    return `${table(rows)}\n\nThe follower heard ${(heard / 1e6).toFixed(0)} MB.`;
  } finally {
    following.destroy();
    await stop();
  }
}
