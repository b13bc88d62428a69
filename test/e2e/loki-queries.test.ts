// The same lines in Loki itself and here, the same questions to both, and Loki's own command line as a client.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { stored } from '../serve/stored.ts';
import { until } from '../support/program.ts';
import { errors, questions } from './support/loki-questions.ts';
import { loki, startRealLoki } from './support/real-loki.ts';
import { installed } from './support/shipper.ts';

const logcli = process.env['E2E_LOGCLI'] ?? 'logcli';
const how = 'go build ./cmd/loki ./cmd/logcli in the sources of Loki 3, or name them by E2E_LOKI and E2E_LOGCLI';

/** Whole minutes, half an hour ago. */
const base = (Math.floor(Date.now() / 60_000) - 30) * 60;
const nanoseconds = (seconds: number) => `${seconds}000000000`;

/** No two lines have one time: which of them comes first is told by nobody. */
const streams = [
  ['web-0', 'info'],
  ['web-1', 'error'],
  ['db-0', 'info'],
  ['traced-0', 'info'],
].map(([pod = '', level = ''], stream) => ({
  stream: { namespace: 'default', pod, container: stream < 3 ? 'web' : 'traced' },
  values: Array.from({ length: 200 }, (_, index) => [
    String(BigInt(base + index * 3) * 1_000_000_000n + BigInt(stream * 1_000_000)),
    lineOf(index, level, stream),
    ...(stream === 3 && index % 10 === 0 ? [{ trace_id: `t${index}` }] : []),
  ]),
}));

function lineOf(index: number, level: string, stream: number): string {
  if (index % 7 === 6) return 'neither { this nor that';
  if (index % 3 > 0) return `level=${level} msg="line ${index}" dur=${index}ms n=${index * (stream + 1)}`;
  const nested = { a: index % 4, 'b c': 'x' };
  return JSON.stringify({
    msg: `hit ${index}`,
    status: 200 + (index % 5) * 100,
    level,
    nested,
    list: [1, 2],
    took: `${index}ms`,
    size: `${index}KB`,
    pod: 'inner',
    nothing: null,
  });
}

async function push(url: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}/loki/api/v1/push`, { method: 'POST', headers, body: JSON.stringify({ streams }) });
  assert.equal(answer.status, 204, await answer.text());
}

async function ours(t: TestContext): Promise<string> {
  const { url } = await stored(t);
  await push(url);
  return url;
}

async function theirs(t: TestContext): Promise<string> {
  const url = await startRealLoki(t, { limits_config: { discover_service_name: [], discover_log_levels: false } });
  await until('Loki takes lines', () => push(url).then(() => true), 90_000);
  return url;
}

type Json = Readonly<Record<string, unknown>>;

/** Statistics tell of the time that it took; the order of series is told by nobody. */
function settled(text: string): unknown {
  const answer = JSON.parse(text) as {
    data?: { result?: unknown; stats?: unknown } | unknown[];
    encodingFlags?: unknown;
  };
  const key = (one: unknown) => {
    const { metric, stream } = one as { metric?: Json; stream?: Json };
    return JSON.stringify(Object.entries(metric ?? stream ?? (one as Json)).toSorted(([c], [d]) => (c < d ? -1 : 1)));
  };
  if (Array.isArray(answer.data))
    return { ...answer, data: answer.data.toSorted((a, b) => (key(a) < key(b) ? -1 : 1)) };
  delete answer.data?.stats;
  const result = answer.data?.result;
  if (Array.isArray(result)) result.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return answer;
}

test('what Loki answers is answered here', async (t) => {
  if (!installed(t, loki, ['--version'], how)) return;
  const [mine, other] = [await ours(t), await theirs(t)];
  const ask = async (url: string, path: string, { flags = '', ...parameters }: Readonly<Record<string, string>>) => {
    const place = `${url}/loki/api/v1/${path}?${new URLSearchParams(parameters).toString()}`;
    const answer = await fetch(place, { headers: { 'x-loki-response-encoding-flags': flags } });
    return { status: answer.status, text: await answer.text() };
  };
  const all = questions(nanoseconds(base), nanoseconds(base + 600), nanoseconds(base + 420));
  const different: unknown[] = [];
  for (const [path, parameters] of all) {
    const [a, b] = await Promise.all([ask(mine, path, parameters), ask(other, path, parameters)]);
    const about = `${path} ${JSON.stringify(parameters)}`;
    if (a.status !== 200 || b.status !== 200) different.push([about, a, b]);
    else if (!isDeepStrictEqual(settled(a.text), settled(b.text)))
      different.push([about, settled(a.text), settled(b.text)]);
  }
  for (const [path, parameters] of errors(nanoseconds(base), nanoseconds(base + 600))) {
    const [a, b] = await Promise.all([ask(mine, path, parameters), ask(other, path, parameters)]);
    if (a.status !== 400 || b.status !== 400) different.push([path, parameters, a, b]);
  }
  assert.equal(different.length, 0, different.map((one) => JSON.stringify(one)).join('\n'));
});

test("Loki's command line works with it", async (t) => {
  if (!installed(t, logcli, ['--version'], how)) return;
  const url = await ours(t);
  const run = async (...args: string[]) => {
    const child = spawn(logcli, ['--quiet', `--addr=${url}`, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = once(child, 'close');
    const [stdout, stderr] = await Promise.all([child.stdout.toArray(), child.stderr.toArray()]);
    await ended;
    assert.equal(child.exitCode, 0, stderr.join(''));
    return stdout.join('');
  };
  await t.test('labels and series', async () => {
    assert.deepEqual((await run('labels')).trim().split('\n'), ['container', 'namespace', 'pod']);
    assert.deepEqual((await run('labels', 'pod')).trim().split('\n'), ['db-0', 'traced-0', 'web-0', 'web-1']);
    assert.equal((await run('series', '{pod=~"web-.*"}')).trim().split('\n').length, 2);
  });
  await t.test('lines in batches', async () => {
    const lines = await run('query', '{pod="web-0"}', '--since=1h', '--limit=1000', '--batch=60', '--forward', '-oraw');
    assert.deepEqual(
      lines.trimEnd().split('\n'),
      streams[0]?.values.map(([, line]) => line),
    );
  });
  await t.test('numbers', async () => {
    const vector = JSON.parse(await run('instant-query', 'sum(count_over_time({container="web"}[1h]))')) as {
      value: [number, string];
    }[];
    assert.equal(vector[0]?.value[1], '600');
    assert.match(await run('stats', '{container="web"}', '--since=1h'), /entries: 600/);
    assert.match(await run('volume', '{container=~".+"}', '--since=1h'), /"container": "web"/);
    assert.match(await run('detected-fields', '{container="web"}', '--since=1h'), /label: status\s+type: int/);
  });
});
