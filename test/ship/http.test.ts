import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer, type ServerOptions } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { Destination } from '../../src/ship/destination.ts';
import type { Connection } from '../../src/ship/http/request.ts';
import http from '../../src/ship/sinks/http.ts';
import loki from '../../src/ship/sinks/loki.ts';
import { makeDestination, makeRecord, makeReport } from '../support/destinations.ts';
import { freePort } from '../support/port.ts';
import { makeCertificate } from '../support/tls.ts';

const sinks = { loki, http };
const kinds = ['loki', 'http'] as const;
type Answer = { status: number; headers?: Record<string, string>; body?: string };

interface Seen {
  headers: IncomingHttpHeaders;
  url: string;
  lines: string[];
  body: Buffer;
  at: number;
}

function directoryFor(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'ship-http-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** Lines of a push in JSON, of either sink. */
function linesOf(body: Buffer): string[] {
  const read = JSON.parse(gunzipSync(body).toString()) as
    { log: string }[] | { streams: { values: [string, string][] }[] };
  return Array.isArray(read)
    ? read.map(({ log }) => log)
    : read.streams.flatMap(({ values }) => values.map(([, line]) => line));
}

async function listening(t: TestContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A server that answers as `answer` says; 200 where it says nothing. */
async function receiver(
  t: TestContext,
  { answer, tls }: { answer?: (seen: Seen, before: number) => Answer | undefined; tls?: ServerOptions } = {},
) {
  const requests: Seen[] = [];
  const listener: RequestListener = (incoming, response) => {
    const parts: Buffer[] = [];
    incoming.on('error', () => undefined);
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', () => {
      const body = Buffer.concat(parts);
      const { headers, url = '' } = incoming;
      const seen = { headers, url, body, lines: linesOf(body), at: performance.now() };
      requests.push(seen);
      const { status, headers: more, body: text } = answer?.(seen, requests.length - 1) ?? { status: 200 };
      response.writeHead(status, more).end(text);
    });
  };
  const server = tls ? createSecureServer(tls, listener) : createServer(listener);
  const port = await listening(t, server);
  return { requests, port, url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}/push?x=1` };
}

function sender(
  t: TestContext,
  kind: (typeof kinds)[number],
  connection: Partial<Connection> & { url: string },
  more: { env?: NodeJS.ProcessEnv; backoff?: Destination['backoff'] } = {},
) {
  const { report, told } = makeReport();
  const { env = {}, ...rest } = more;
  const whole = { headers: {}, timeout: 30_000, ...connection };
  const destination = makeDestination({ sink: kind, encoding: 'json', connection: whole, ...rest });
  const sink = sinks[kind].open(destination, { report, stdout: process.stdout, env, version: '1' });
  t.after(() => sink.close());
  const send = (...texts: string[]) => {
    const batch = sink.batch();
    texts.forEach((text, i) => batch.add(makeRecord(text, { nanos: i })));
    return sink.send(batch, AbortSignal.timeout(60_000));
  };
  return { send, told };
}

for (const kind of kinds) {
  test(`${kind}: a certificate is trusted by its authority, by --insecure, and else not`, async (t) => {
    const directory = directoryFor(t);
    const certificate = await makeCertificate(directory);
    if (!certificate) return t.skip('no openssl');
    const { url, requests } = await receiver(t, { tls: certificate });
    const caFile = join(directory, 'cert.pem');
    await sender(t, kind, { url, tls: { caFile } }).send('by authority');
    await sender(t, kind, { url, tls: { insecure: true } }).send('insecure');
    const seen = () => requests.flatMap(({ lines }) => lines);
    assert.deepEqual(seen(), ['by authority', 'insecure']);

    // An authority that is put there later is taken without a restart.
    const late = join(directory, 'late.pem');
    const missing = sender(t, kind, { url, tls: { caFile: late } });
    const sending = missing.send('late');
    while (missing.told.retried.length < 2) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(requests.length, 2);
    writeFileSync(late, certificate.cert);
    await sending;
    assert.deepEqual(seen(), ['by authority', 'insecure', 'late']);

    const stranger = sender(t, kind, { url, tls: {} }, { backoff: { least: 1, most: 1, retries: 2 } });
    await stranger.send('never');
    assert.equal(requests.length, 3);
    assert.deepEqual(stranger.told, { retried: ['no-answer', 'no-answer'], dropped: [['no-answer', 1]], sent: 0 });
  });

  test(`${kind}: shows its own certificate, as it is at the time`, async (t) => {
    const directory = directoryFor(t);
    const certificate = await makeCertificate(directory);
    if (!certificate) return t.skip('no openssl');
    const tls = { ...certificate, ca: certificate.cert, requestCert: true, rejectUnauthorized: true };
    const { url, requests } = await receiver(t, { tls });
    const [certFile, keyFile] = [join(directory, 'own.pem'), join(directory, 'own.key')];
    const caFile = join(directory, 'cert.pem');
    const { send, told } = sender(t, kind, { url, tls: { caFile, certFile, keyFile } });
    const sending = send('shown');
    while (told.retried.length < 1) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(requests.length, 0);
    writeFileSync(certFile, certificate.cert);
    writeFileSync(keyFile, certificate.key);
    await sending;
    assert.deepEqual(requests[0]?.lines, ['shown']);
  });

  test(`${kind}: passwords and tokens are read anew from their files`, async (t) => {
    const directory = directoryFor(t);
    const [passwordFile, tokenFile] = [join(directory, 'password'), join(directory, 'token')];
    let wanted = 'Bearer first';
    const { url, requests } = await receiver(t, {
      answer: ({ headers }) => (headers.authorization === wanted ? undefined : { status: 401 }),
    });
    writeFileSync(tokenFile, 'first\n');
    const bearer = sender(t, kind, { url, bearer: { tokenFile } });
    await bearer.send('a');
    // The token is withdrawn before the new one is there.
    wanted = 'Bearer second';
    const sending = bearer.send('b');
    while (bearer.told.retried.length < 2) await new Promise((resolve) => setImmediate(resolve));
    writeFileSync(tokenFile, 'second\n');
    await sending;
    assert.ok(bearer.told.retried.every((reason) => reason === 'http-401'));
    assert.deepEqual(bearer.told.dropped, []);

    wanted = `Basic ${Buffer.from('me:pass wörd').toString('base64')}`;
    const basic = sender(t, kind, { url, basic: { user: 'me', passwordFile } });
    const waiting = basic.send('c');
    while (basic.told.retried.length < 1) await new Promise((resolve) => setImmediate(resolve));
    writeFileSync(passwordFile, 'pass wörd\n');
    await waiting;
    const taken = requests.at(-1);
    assert.equal(taken?.headers.authorization, wanted);
    assert.deepEqual(basic.told.retried[0], 'no-answer');
  });

  test(`${kind}: headers go with each request, and the path with its query`, async (t) => {
    const { url, requests } = await receiver(t);
    await sender(t, kind, { url, headers: { 'X-More': 'yes', 'user-agent': 'mine' } }).send('a');
    const [seen] = requests;
    assert.deepEqual([seen?.url, seen?.headers['x-more'], seen?.headers['user-agent']], ['/push?x=1', 'yes', 'mine']);
  });

  test(`${kind}: a proxy is used for http and https, by its option and by variables, and NO_PROXY is heard`, async (t) => {
    const directory = directoryFor(t);
    const certificate = await makeCertificate(directory);
    const plain = await receiver(t);
    const asked: string[] = [];
    const proxy = createServer((incoming, response) => {
      asked.push(`${incoming.method} ${incoming.url}`);
      const onward = request(incoming.url ?? '', { method: 'POST', headers: incoming.headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 0);
        answer.pipe(response);
      });
      incoming.pipe(onward);
    });
    const tunnels: Socket[] = [];
    proxy.on('connect', (incoming, socket: Socket) => {
      asked.push(`CONNECT ${incoming.url}`);
      const onward = connect(Number(incoming.url?.split(':')[1]), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        onward.pipe(socket).pipe(onward);
      });
      tunnels.push(socket, onward);
      for (const one of [socket, onward]) one.on('error', () => undefined);
    });
    const address = `http://127.0.0.1:${await listening(t, proxy)}`;
    t.after(() => tunnels.forEach((one) => one.destroy()));

    await sender(t, kind, { url: plain.url, proxy: address }).send('option');
    await sender(t, kind, { url: plain.url }, { env: { http_proxy: address } }).send('variable');
    assert.deepEqual(asked, [`POST ${plain.url}`, `POST ${plain.url}`]);
    await sender(t, kind, { url: plain.url }, { env: { HTTP_PROXY: address, NO_PROXY: '127.0.0.1' } }).send('direct');
    assert.equal(asked.length, 2);
    assert.deepEqual(
      plain.requests.flatMap(({ lines }) => lines),
      ['option', 'variable', 'direct'],
    );
    if (!certificate) return;
    const secure = await receiver(t, { tls: certificate });
    const tls = { caFile: join(directory, 'cert.pem') };
    await sender(t, kind, { url: secure.url, proxy: address, tls }).send('tunnel');
    assert.equal(asked[2], `CONNECT 127.0.0.1:${secure.port}`);
    assert.deepEqual(secure.requests[0]?.lines, ['tunnel']);
  });

  test(`${kind}: Retry-After, in seconds and as a date, is waited for, longer than any back-off`, async (t) => {
    const { url, requests } = await receiver(t, {
      answer: (_, before) => {
        if (before === 0) return { status: 429, headers: { 'retry-after': '0.2' } };
        // A date has whole seconds: between one and two from now.
        if (before === 1) return { status: 503, headers: { 'retry-after': new Date(Date.now() + 2000).toUTCString() } };
        return undefined;
      },
    });
    await sender(t, kind, { url }).send('a');
    const [first = 0, second = 0, third = 0] = requests.map(({ at }) => at);
    assert.ok(second - first >= 195, `${second - first}`);
    assert.ok(third - second >= 950, `${third - second}`);
  });

  test(`${kind}: repetitions come at growing distances, with the same bytes, until all is taken`, async (t) => {
    const { url, requests } = await receiver(t, {
      answer: (_, before) => (before < 4 ? { status: 502, body: 'bad gateway' } : undefined),
    });
    const { send, told } = sender(t, kind, { url }, { backoff: { least: 20, most: 10_000, retries: 0 } });
    await send('a');
    const gaps = requests.slice(1).map(({ at }, i) => at - (requests[i]?.at ?? 0));
    gaps.forEach((gap, i) => assert.ok(gap >= 10 * 2 ** i - 2, `gap ${i} was ${gap}`));
    assert.equal(gaps.length, 4);
    assert.ok(requests.every(({ body }) => body.equals(requests[0]?.body ?? Buffer.alloc(0))));
    assert.deepEqual([told.retried.length, told.dropped], [4, []]);
  });

  test(`${kind}: with a limit of repetitions records are given up and told of`, async (t) => {
    const { url, requests } = await receiver(t, { answer: () => ({ status: 500 }) });
    const { send, told } = sender(t, kind, { url }, { backoff: { least: 1, most: 2, retries: 2 } });
    await send('a');
    assert.deepEqual([requests.length, told.dropped], [3, [['http-500', 1]]]);
  });

  test(`${kind}: 413 is split down to single records, and only what is too large alone is given up`, async (t) => {
    const { url, requests } = await receiver(t, {
      answer: ({ lines }) => (lines.join('').length > 5 ? { status: 413 } : undefined),
    });
    const { send, told } = sender(t, kind, { url });
    await send('aa', 'bb', 'much too long', 'cc', 'dd');
    const taken = requests.filter(({ lines }) => lines.join('').length <= 5).flatMap(({ lines }) => lines);
    assert.deepEqual(taken, ['aa', 'bb', 'cc', 'dd']);
    assert.deepEqual(told.dropped, [['http-413', 1]]);
  });

  test(`${kind}: of a 400 only the records that are refused are given up`, async (t) => {
    const { url, requests } = await receiver(t, {
      answer: ({ lines }) => (lines.includes('bad') ? { status: 400, body: 'can not read this' } : undefined),
    });
    const { send, told } = sender(t, kind, { url });
    const good = Array.from({ length: 20 }, (_, i) => `good ${i}`);
    await send(...good.slice(0, 13), 'bad', ...good.slice(13));
    assert.deepEqual(
      requests.filter(({ lines }) => !lines.includes('bad')).flatMap(({ lines }) => lines),
      good,
    );
    assert.deepEqual(told.dropped, [['http-400', 1]]);
    assert.ok(requests.length < 20, `${requests.length} requests`);
  });

  test(`${kind}: of a batch that is refused whole the search ends, and all is counted`, async (t) => {
    const { url, requests } = await receiver(t, { answer: () => ({ status: 400 }) });
    const { send, told } = sender(t, kind, { url });
    await send(...Array.from({ length: 1000 }, (_, i) => `line ${i}`));
    assert.equal(
      told.dropped.reduce((sum, [, count]) => sum + count, 0),
      1000,
    );
    assert.ok(requests.length <= 80, `${requests.length} requests`);
  });

  test(`${kind}: a redirection, a wrong address and a refused connection cost no records`, async (t) => {
    let mended = false;
    const statuses = [301, 403, 404, 405];
    const { url, requests } = await receiver(t, {
      answer: (_, before) => (mended ? undefined : { status: statuses[before % 4] ?? 404, headers: { location: '/' } }),
    });
    const { send, told } = sender(t, kind, { url });
    const sending = send('a');
    while (told.retried.length < 4) await new Promise((resolve) => setImmediate(resolve));
    mended = true;
    await sending;
    assert.deepEqual(told.dropped, []);
    assert.deepEqual(requests.at(-1)?.lines, ['a']);
    assert.deepEqual(told.retried.slice(0, 4), ['http-301', 'http-403', 'http-404', 'http-405']);

    const port = await freePort();
    const refused = sender(t, kind, { url: `http://127.0.0.1:${port}/` });
    const waiting = refused.send('b');
    while (refused.told.retried.length < 2) await new Promise((resolve) => setImmediate(resolve));
    const back = createServer((incoming, response) => {
      incoming.resume().on('end', () => response.end());
    });
    await new Promise<void>((resolve) => back.listen(port, '127.0.0.1', resolve));
    t.after(() => {
      back.closeAllConnections();
      back.close();
    });
    await waiting;
    assert.deepEqual(refused.told.dropped, []);
  });
}
