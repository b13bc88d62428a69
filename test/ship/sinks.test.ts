import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import http from '../../src/ship/sinks/http.ts';
import stdout from '../../src/ship/sinks/stdout.ts';
import { makeDestination, makeRecord, makeReport, makeSource } from '../support/destinations.ts';

async function receiver(t: TestContext) {
  const bodies: { text: string; headers: Record<string, unknown> }[] = [];
  const answers: number[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      bodies.push({ text: gunzipSync(Buffer.concat(parts)).toString(), headers: request.headers });
      response.writeHead(answers.shift() ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { bodies, answers, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/post` };
}

for (const encoding of ['json', 'ndjson'])
  test(`http, ${encoding}: any text arrives as it is, in pieces too`, async (t) => {
    const { bodies, answers, url } = await receiver(t);
    const { report, told } = makeReport();
    const bearer = { token: 'secret-token' };
    const connection = { url, headers: { 'x-more': '1' }, timeout: 30_000, bearer };
    const sink = http.open(makeDestination({ sink: 'http', encoding, connection }), {
      report,
      stdout: process.stdout,
      env: {},
      version: '1',
    });
    t.after(() => sink.close());
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 9 }),
        fc.constantFrom(200, 413, 503),
        async (texts, first) => {
          bodies.length = 0;
          answers.push(first);
          const lines = texts.map((text) => text.toWellFormed());
          const batch = sink.batch();
          lines.forEach((line, i) => batch.add(makeRecord(line, { nanos: i * 1000 })));
          await sink.send(batch, new AbortController().signal);
          const wasRefused = first !== 200;
          const parts = wasRefused ? bodies.slice(1) : bodies;
          const dropped = first === 413 && lines.length === 1;
          const read = parts.flatMap(({ text }) =>
            encoding === 'json'
              ? (JSON.parse(text) as Record<string, unknown>[])
              : text
                  .trimEnd()
                  .split('\n')
                  .map((line) => JSON.parse(line) as Record<string, unknown>),
          );
          assert.deepEqual(
            read.map(({ log }) => log),
            dropped ? [] : lines,
          );
          for (const one of read) assert.deepEqual([one['stream'], one['pod']], ['stdout', 'web']);
          assert.equal(bodies[0]?.headers['authorization'], 'Bearer secret-token');
        },
      ),
      { numRuns: 40 },
    );
    assert.ok(told.dropped.every(([reason, count]) => reason === 'http-413' && count === 1));
  });

test('stdout: the form of each word', async () => {
  const said = async (encoding: string) => {
    const pipe = new PassThrough();
    const { report } = makeReport();
    const sink = stdout.open(makeDestination({ sink: 'stdout', encoding }), {
      report,
      stdout: pipe,
      env: {},
      version: '1',
    });
    const batch = sink.batch();
    batch.add(makeRecord('a "b"', { stream: 1, source: makeSource('/logs/web_default_app-1.log') }));
    await sink.send(batch, new AbortController().signal);
    return String(pipe.read());
  };
  assert.equal(await said('agent'), '[2023-11-14T22:13:20Z] [error] [node-1] /logs/web_default_app-1.log: a "b"\n');
  assert.equal(await said('loggy'), 'web_default_app/[error] : a "b"\n');
  assert.equal(await said('loggy-compat'), 'web_default_app/[error] : a "b"\n\n');
  const { time, log, stream } = JSON.parse(await said('json')) as Record<string, string>;
  assert.deepEqual([time, log, stream], ['2023-11-14T22:13:20.000000005Z', 'a "b"', 'stderr']);
});
