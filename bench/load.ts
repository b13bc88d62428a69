// Sends lines to `serve` as many pods would, and compares at the end what was sent with what is stored:
// `npm run load -- --url http://127.0.0.1:8080 [--streams 20] [--avg-events-per-second 0.33] [--seconds 60]
// [--distribution uniform|linear]`. The rate is that of one stream; linear: the last stream writes most, the first least.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:8080' },
    streams: { type: 'string', default: '20' },
    'avg-events-per-second': { type: 'string', default: '0.33' },
    seconds: { type: 'string', default: '60' },
    distribution: { type: 'string', default: 'uniform' },
  },
});
const [streams, rate, seconds] = [values.streams, values['avg-events-per-second'], values.seconds].map(Number);
if (
  ![streams, rate, seconds].every((one) => one !== undefined && one > 0) ||
  !/^(uniform|linear)$/.test(values.distribution)
) {
  console.error('streams, rate and seconds are numbers above 0, the distribution is uniform or linear');
  process.exit(2);
}
const [count, each, span] = [Number(streams), Number(rate), Number(seconds) * 1000];
const run = randomUUID().slice(0, 8);

/** One stream's part of all events: the same for each, or growing from the first to the last. */
const share = (at: number) => (values.distribution === 'uniform' ? 1 : (2 * (at + 1)) / (count + 1));
const total = Array.from({ length: count }, (_, at) => Math.max(1, Math.round((each * share(at) * span) / 1000)));

async function post(entries: readonly object[]): Promise<void> {
  for (;;) {
    const answer = await fetch(`${values.url}/write`, { method: 'POST', body: JSON.stringify(entries) });
    if (answer.ok) return;
    if (answer.status !== 429 && answer.status < 500) throw new Error(`${answer.status}: ${await answer.text()}`);
    await sleep(1000 * Number(answer.headers.get('retry-after') ?? 1));
  }
}

const sent = total.map(() => 0);
const began = Date.now();
for (let elapsed = 0; elapsed < span;) {
  await sleep(Math.min(100, span - elapsed));
  elapsed = Date.now() - began;
  // Streams are skewed against one another, so that they don't write in step.
  const due = total.map((all, at) =>
    Math.min(all, elapsed >= span ? all : Math.floor((all * elapsed) / span + at / count)),
  );
  const entries = due.flatMap((upTo, at) =>
    Array.from({ length: upTo - (sent[at] ?? 0) }, (_, nth) => ({
      time: new Date().toISOString(),
      log: `event ${(sent[at] ?? 0) + nth} of stream ${at}`,
      stream: 'stdout',
      kubernetes: { namespace_name: `load-${run}`, pod_name: `stream-${at}`, container_name: 'main' },
    })),
  );
  due.forEach((upTo, at) => (sent[at] = upTo));
  if (entries.length > 0) await post(entries);
}

const expected = sent.reduce((sum, one) => sum + one, 0);
const query = new URLSearchParams({ namespace: `load-${run}`, from: '7d', to: 'now' });
const { counts } = (await (await fetch(`${values.url}/api/counts?${query.toString()}`)).json()) as {
  counts: { count: number }[];
};
const stored = counts.reduce((sum, one) => sum + one.count, 0);
console.log(`${expected} events sent by ${count} streams, ${stored} stored`);
process.exit(stored === expected ? 0 : 1);
