// What can happen to a connection, on real sockets: nothing is lost and nothing hangs.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Connection } from '../../src/ship/http/request.ts';
import http from '../../src/ship/sinks/http.ts';
import loki from '../../src/ship/sinks/loki.ts';
import { mask } from '../../src/system/secrets.ts';
import { makeDestination, makeRecord, makeReport } from '../support/destinations.ts';
import { startLoki } from '../support/loki.ts';
import { freePort } from '../support/port.ts';
import { until } from '../support/program.ts';
import { makeCertificate } from '../support/tls.ts';

function sender(t: TestContext, connection: Partial<Connection> & { url: string }, env: NodeJS.ProcessEnv = {}) {
  const { report, told } = makeReport();
  const destination = makeDestination({ connection: { headers: {}, timeout: 30_000, ...connection } });
  const sink = loki.open(destination, { report, stdout: process.stdout, env, version: '1' });
  t.after(() => sink.close());
  let nanos = 0;
  const send = (...texts: string[]) => {
    const batch = sink.batch();
    for (const text of texts) batch.add(makeRecord(text, { nanos: nanos++ }));
    return sink.send(batch, AbortSignal.timeout(60_000));
  };
  return { send, told };
}

async function lokiFor(t: TestContext, options: Parameters<typeof startLoki>[0] = {}) {
  const server = await startLoki(options);
  t.after(() => server.close());
  return Object.assign(server, { lines: () => server.entries.map(({ line }) => line) });
}

function directoryFor(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'ship-faults-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

test('an answer that breaks off or never ends is no acknowledgement; the same comes again and is stored once', async (t) => {
  const server = await lokiFor(t);
  const { send, told } = sender(t, { url: server.url, timeout: 500 });
  server.faults.push('reset-within-answer', 'endless-answer', 'silence', 'reset');
  await send('a', 'b');
  await send('c');
  assert.deepEqual(server.lines(), ['a', 'b', 'c']);
  // More often where the machine is so busy that good answers come too late.
  assert.ok(server.stored >= 7, `${server.stored}`);
  assert.ok(told.retried.length >= 4, told.retried.join());
  assert.ok(told.retried.every((reason) => reason === 'no-answer'));
  assert.deepEqual(told.dropped, []);
});

test('a body that is not read to its end holds nothing up, nor does an answer without end', async (t) => {
  let stored = 0;
  const handlers: RequestListener[] = [
    // Answers before the body is there, and closes.
    (_, response) => response.writeHead(503, { connection: 'close' }).end('busy'),
    // More text than anybody wants to read.
    (request, response) => {
      request.resume().on('end', () => response.writeHead(503).end('x'.repeat(5_000_000)));
    },
  ];
  const server = createServer((request, response) => {
    const handler = handlers.shift();
    if (handler) return handler(request, response);
    request.resume().on('end', () => {
      stored++;
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => (server.closeAllConnections(), server.close()));
  const { send, told } = sender(t, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` });
  await send(...Array.from({ length: 500 }, (_, i) => `${i} ${Math.random()}`.repeat(100)));
  assert.equal(stored, 1);
  assert.deepEqual(told.dropped, []);
});

test('a server that comes back with another certificate is trusted once its authority lies there', async (t) => {
  const directory = directoryFor(t);
  const [one, two] = ['one', 'two'].map((name) => join(directory, name)) as [string, string];
  for (const path of [one, two]) mkdirSync(path);
  const [first, second] = [await makeCertificate(one), await makeCertificate(two)];
  if (!first || !second) return t.skip('no openssl');
  const caFile = join(directory, 'ca.pem');
  writeFileSync(caFile, first.cert);
  const server = await startLoki({ tls: first });
  const { send, told } = sender(t, { url: server.url, tls: { caFile } });
  await send('a');
  await server.close();
  const later = await lokiFor(t, { tls: second, port: Number(new URL(server.url).port) });
  const sending = send('b');
  await until('the stranger to be refused', () => told.retried.length >= 2);
  assert.deepEqual(later.lines(), []);
  writeFileSync(caFile, second.cert);
  await sending;
  assert.deepEqual([later.lines(), told.dropped], [['b'], []]);
});

test('a proxy by variables that goes away and comes back costs nothing', async (t) => {
  const server = await lokiFor(t);
  const sockets = new Set<Socket>();
  const proxy = () =>
    createServer((incoming, response) => {
      const { host, port } = new URL(incoming.url ?? '');
      assert.ok(host);
      // Passes on what came as it came.
      const head = `POST ${new URL(incoming.url ?? '').pathname} HTTP/1.1\r\nconnection: close\r\n`;
      const lines = Object.entries(incoming.headers).filter(([name]) => name !== 'connection');
      const onward = connect(Number(port), '127.0.0.1', () => {
        onward.write(`${head}${lines.map(([name, value]) => `${name}: ${String(value)}\r\n`).join('')}\r\n`);
        incoming.pipe(onward, { end: false });
      });
      sockets.add(onward);
      onward.once('data', (part: Buffer) => {
        response.writeHead(Number(/ (\d+) /.exec(part.toString())?.[1])).end();
      });
      onward.on('error', () => response.destroy());
    });
  const first = proxy();
  const port = await freePort();
  await new Promise<void>((resolve) => first.listen(port, '127.0.0.1', resolve));
  const { send, told } = sender(t, { url: server.url }, { HTTP_PROXY: `http://127.0.0.1:${port}` });
  await send('a');
  first.closeAllConnections();
  await new Promise((resolve) => first.close(resolve));
  const sending = send('b');
  await until('tries', () => told.retried.length >= 2);
  assert.deepEqual(server.lines(), ['a']);
  const second = proxy();
  await new Promise<void>((resolve) => second.listen(port, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    second.closeAllConnections();
    second.close();
  });
  await sending;
  assert.deepEqual([server.lines(), told.dropped], [['a', 'b'], []]);
});

test('a redirection is not followed, and neither body nor token go elsewhere', async (t) => {
  const server = await lokiFor(t);
  const elsewhere = await lokiFor(t);
  server.faults.push(...[301, 302, 307, 308].map((status) => ({ status, headers: { location: elsewhere.url } })));
  const { send, told } = sender(t, { url: server.url, bearer: { token: 'tok' } });
  await send('a');
  assert.deepEqual([server.lines(), elsewhere.requests], [['a'], []]);
  assert.deepEqual(told.retried, ['http-301', 'http-302', 'http-307', 'http-308']);
});

test('secrets that lie in files are masked from their first use on, also in what a server says', async (t) => {
  const directory = directoryFor(t);
  const server = await lokiFor(t);
  const [tokenFile, passwordFile] = [join(directory, 'token'), join(directory, 'password')];
  writeFileSync(tokenFile, 'token-of-a-file\n');
  writeFileSync(passwordFile, 'password-of-a-file\n');
  await sender(t, { url: server.url, bearer: { tokenFile } }).send('a');
  await sender(t, { url: server.url, basic: { user: 'me', passwordFile } }).send('b');
  const pair = Buffer.from('me:password-of-a-file').toString('base64');
  assert.equal(server.requests[1]?.headers.authorization, `Basic ${pair}`);
  assert.equal(mask(`token-of-a-file, password-of-a-file, ${pair}`), '***, ***, ***');
});

for (const encoding of ['json', 'ndjson'])
  test(`http, ${encoding}: an answer that breaks off is no acknowledgement`, async (t) => {
    const bodies: Buffer[] = [];
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        bodies.push(Buffer.concat(parts));
        if (bodies.length > 2) return response.end();
        response.on('error', () => undefined);
        return response.writeHead(200, { 'content-length': 10 }).write('x', () => request.socket.destroy());
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => (server.closeAllConnections(), server.close()));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const { report, told } = makeReport();
    const world = { report, stdout: process.stdout, env: {}, version: '1' };
    const sink = http.open(makeDestination({ sink: 'http', encoding, url }), world);
    t.after(() => sink.close());
    const batch = sink.batch();
    batch.add(makeRecord('a'));
    await sink.send(batch, AbortSignal.timeout(60_000));
    assert.deepEqual([bodies.length, told.retried], [3, ['no-answer', 'no-answer']]);
    assert.ok(bodies.every((body) => body.equals(bodies[0] ?? Buffer.alloc(0))));
  });
