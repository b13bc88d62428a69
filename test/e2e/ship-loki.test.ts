// ship against Loki itself: what arrives, what its limits do, and how it tells.
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Destination } from '../../src/ship/destination.ts';
import sink from '../../src/ship/sinks/loki.ts';
import { makeDestination, makeRecord, makeReport, makeSource } from '../support/destinations.ts';
import { launch, until, watching } from '../support/program.ts';
import { loki, startRealLoki } from './support/real-loki.ts';
import { installed } from './support/shipper.ts';

const how = 'go build ./cmd/loki in the sources of Loki 3, or name it by E2E_LOKI';
const now = Math.floor(Date.now() / 1000) - 60;
const day = 86_400;

/** Streams that match, with their entries in order of time. */
async function ask(url: string, tenant: string, query: string, limit = 5000) {
  const range = `start=${now - 7200}000000000&end=${now + 3600}000000000&direction=forward`;
  const answer = await fetch(
    `${url}/loki/api/v1/query_range?query=${encodeURIComponent(query)}&limit=${limit}&${range}`,
    {
      headers: { 'x-scope-orgid': tenant },
    },
  );
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  const read = JSON.parse(text) as {
    data: { result: { stream: Record<string, string>; values: [string, string][] }[] };
  };
  return read.data.result;
}
const lines = async (...args: Parameters<typeof ask>) =>
  (await ask(...args)).flatMap(({ values }) => values.map(([, line]) => line));

async function send(
  t: TestContext,
  url: string,
  records: readonly ReturnType<typeof makeRecord>[],
  changes: Partial<Destination>,
) {
  const { report, told } = makeReport();
  const connection = { url: `${url}/loki/api/v1/push`, headers: {}, timeout: 10_000 };
  const backoff = { least: 50, most: 400, retries: 0 };
  const destination = makeDestination({ connection, backoff, ...changes });
  const open = sink.open(destination, { report, stdout: process.stdout, env: {}, version: '1' });
  t.after(() => open.close());
  const batch = open.batch();
  for (const record of records) batch.add(record);
  await open.send(batch, AbortSignal.timeout(60_000));
  return told;
}

test('ship and Loki', async (t) => {
  if (!installed(t, loki, ['-version'], how)) return;
  const url = await startRealLoki(t, { auth_enabled: true });
  for (const encoding of ['protobuf', 'json']) {
    const to = { encoding, tenant: `team-${encoding}` };

    await t.test(`${encoding}: odd texts, labels and metadata come back as they were`, async (t) => {
      const odd = 'Größe "q" \\ \u2028 \ufeff\u0085 \u007f 😀 \u0001';
      const source = makeSource('/var/log/pods/x/0.log', { namespace: odd, pod: 'odd' });
      const times = { seconds: now, source };
      const records = [odd, '', 'x'].map((text, nanos) => makeRecord(text, { ...times, nanos }));
      const told = await send(t, url, records, to);
      const [stream, ...others] = await ask(url, to.tenant, '{pod="odd"}');
      assert.deepEqual([others, told.dropped], [[], []]);
      assert.deepEqual([stream?.stream['namespace'], stream?.stream['path']], [odd, source.path]);
      assert.deepEqual(
        stream?.values,
        [odd, '', 'x'].map((text, nanos) => [`${now}00000000${nanos}`, text]),
      );
    });

    await t.test(
      `${encoding}: far too many labels and metadata, labels of no legal name, and none at all`,
      async (t) => {
        const attributes = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`m-${i}`, 'v'.repeat(5000)]));
        const names = Object.keys(attributes);
        const record = makeRecord('many', { source: makeSource('/a', attributes), seconds: now });
        const changes = { ...to, labels: names, metadata: names, externalLabels: { 'a-b': 'x' } };
        assert.deepEqual((await send(t, url, [record], changes)).dropped, []);
        assert.deepEqual(await lines(url, to.tenant, '{a_b="x"}'), ['many']);
        const none = { ...to, labels: [], externalLabels: {}, metadata: [] };
        assert.deepEqual((await send(t, url, [makeRecord('none', { seconds: now })], none)).dropped, []);
        assert.deepEqual(await lines(url, to.tenant, '{job="kube-log-watcher"}'), ['none']);
      },
    );

    await t.test(`${encoding}: lines and times that Loki refuses are counted, all others are there`, async (t) => {
      const source = makeSource('/b', { pod: 'limits' });
      const texts = ['a', 'x'.repeat(262_145), 'y'.repeat(262_144), 'b'];
      const long = texts.map((text, nanos) => makeRecord(text, { source, seconds: now, nanos }));
      assert.deepEqual((await send(t, url, long, to)).dropped, [['line-too-long', 1]]);
      const late = [0, -8 * day, -9 * day, 3600, 1].map((after) =>
        makeRecord(`${after}`, { source, seconds: now + after }),
      );
      assert.deepEqual((await send(t, url, late, to)).dropped, [['time', 3]]);
      const found = await lines(url, to.tenant, '{pod="limits"}');
      assert.deepEqual(new Set(found.map((line) => line.slice(0, 1))), new Set(['a', 'y', 'b', '0', '1']));
      assert.equal(found.length, 5);
    });

    await t.test(`${encoding}: what is over every limit of a push is split until it fits`, async (t) => {
      const source = makeSource('/c', { pod: 'big' });
      const texts = Array.from({ length: 80 }, (_, i) => `${i} `.padEnd(100_000, 'x'));
      const records = texts.map((text, nanos) => makeRecord(text, { source, seconds: now, nanos }));
      const told = await send(t, url, records, { ...to, batchSize: 1e9 });
      assert.deepEqual([new Set(told.retried), told.dropped], [new Set(['http-429']), []]);
      const counted = await lines(url, to.tenant, '{pod="big"} | line_format `{{ __line__ | trunc 3 }}`');
      assert.equal(counted.length, 80);
    });

    await t.test(`${encoding}: the same again is there once`, async (t) => {
      const source = makeSource('/d', { pod: 'again' });
      const records = Array.from({ length: 50 }, (_, nanos) => makeRecord('same', { source, seconds: now, nanos }));
      for (let i = 0; i < 2; i++) await send(t, url, records, to);
      assert.equal((await lines(url, to.tenant, '{pod="again"}')).length, 50);
    });
  }

  await t.test('the program: a line that is too long is there in its order, each line of a counter once', async (t) => {
    const root = mkdtempSync(join(tmpdir(), 'ship-loki-'));
    t.after(() => rmSync(root, { recursive: true }));
    const path = join(root, 'pods/default_web_uid/app/0.log');
    mkdirSync(dirname(path), { recursive: true });
    const time = new Date(now * 1000).toISOString();
    const long = Array.from({ length: 150_000 }, (_, i) => i).join(' ');
    appendFileSync(path, `${time} stdout F ${long}\n`);
    const counter = Array.from({ length: 3000 }, (_, i) => `${i}`);
    const where = ['--paths', join(root, 'pods/*/*/*.log'), '--state-path', join(root, 'state'), '--tenant', 'program'];
    const to = ['--url', `${url}/loki/api/v1/push`, '--batch-wait', '0.05', '--status-address', 'off'];
    const child = launch(['ship', ...where, ...to], { PATH: process.env['PATH'] });
    t.after(() => child.kill('SIGKILL'));
    const running = watching(child);
    for (const number of counter) appendFileSync(path, `${new Date().toISOString()} stdout F ${number}\n`);
    const count = async () => (await lines(url, 'program', '{pod="web"} |~ `^[0-9]+$`')).length;
    await until('all', async () => (await count()) >= counter.length, 90_000);
    assert.equal((await running.stop()).code, 0);
    assert.deepEqual(new Set(await lines(url, 'program', '{pod="web"} |~ `^[0-9]+$`')), new Set(counter));
    assert.equal((await lines(url, 'program', '{pod="web"} !~ `^[0-9]+$`')).join(''), long);
  });
});
