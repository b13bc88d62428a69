import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as ask, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Handler, Route } from '../../src/serve/route.ts';
import { silent } from '../../src/system/log.ts';
import { until } from '../support/program.ts';
import { memoryStore, serving } from './serving.ts';

const never = new Promise<never>(() => undefined);

/** A server with one route at `/x`, for both methods. */
function one(t: TestContext, handle: Handler, more: Partial<Route> = {}, argv: readonly string[] = []) {
  const routes: Route[] = [{ path: '/x', access: 'read', methods: { GET: handle, POST: handle }, ...more }];
  return serving(t, memoryStore(), argv, { routes });
}

/** The head of an answer, and what else comes, as bytes. */
async function get(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<IncomingMessage> {
  const [answer] = (await once(ask(url, { headers, method }).end(), 'response')) as [IncomingMessage];
  return answer;
}

/** What comes back for bytes on a connection, until it is closed. */
async function raw(url: string, bytes: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(bytes);
  return text(socket);
}

test('pieces are sent when they are there, also compressed', async (t) => {
  for (const zip of [false, true]) {
    let next = () => {};
    const held = new Promise<void>((resolve) => (next = resolve));
    async function* body() {
      yield 'first\n';
      await held;
      yield 'second\n';
    }
    const { url } = await one(t, () => Promise.resolve({ status: 200, type: 'text/plain', body: body() }));
    const answer = await get(`${url}/x`, zip ? { 'accept-encoding': 'gzip' } : {});
    assert.equal(answer.headers['content-encoding'], zip ? 'gzip' : undefined);
    const pieces: Buffer[] = [];
    answer.on('data', (piece: Buffer) => pieces.push(piece));
    await until('the first piece', () => Buffer.concat(pieces).length > (zip ? 15 : 5));
    next();
    await once(answer, 'end');
    const all = Buffer.concat(pieces);
    assert.equal(String(zip ? gunzipSync(all) : all), 'first\nsecond\n');
  }
});

test('B-20: a client that takes nothing is not written for, and is left in the end', async (t) => {
  let made = 0;
  let ended = false;
  async function* body() {
    try {
      for (; made < 10_000; made += 1) yield Buffer.alloc(65_536);
    } finally {
      ended = true;
    }
  }
  const handle: Handler = () => Promise.resolve({ status: 200, type: 'application/octet-stream', body: body() });
  const { url, world } = await one(t, handle, {}, ['--request-timeout=0.5']);
  const socket = connect(Number(new URL(url).port), '127.0.0.1').pause();
  socket.on('error', () => undefined);
  socket.write('GET /x HTTP/1.1\r\nhost: x\r\n\r\n');
  await until('the end of the pieces', () => ended);
  assert.ok(made < 1000, `${made} pieces were made`);
  await until('the end of the request', async () =>
    /in_flight\{kind="read"\} 0/.test(await world.metrics.registry.metrics()),
  );
  socket.destroy();
});

test('nor is it waited for at the end of its answer', async (t) => {
  const handle: Handler = () => Promise.resolve({ status: 200, body: one20() });
  async function* one20() {
    yield Buffer.alloc(20_000_000);
  }
  const { url, world } = await one(t, handle, {}, ['--request-timeout=0.5']);
  const socket = connect(Number(new URL(url).port), '127.0.0.1').pause();
  socket.on('error', () => undefined);
  socket.write('GET /x HTTP/1.1\r\nhost: x\r\n\r\n');
  await until('the end of the request', async () =>
    /in_flight\{kind="read"\} 0/.test(await world.metrics.registry.metrics()),
  );
  socket.destroy();
});

test('the signal is aborted when the client is gone', async (t) => {
  let signal: AbortSignal | undefined;
  const { url } = await one(t, (asked) => {
    signal = asked.signal;
    return never;
  });
  const request = ask(`${url}/x`)
    .on('error', () => undefined)
    .end();
  await until('the request', () => signal !== undefined);
  request.destroy();
  await until('the abort', () => signal?.aborted === true);
});

test('a client that cuts the connection: in its body, compressed or not, and when all of it is sent', async (t) => {
  const errors: string[] = [];
  const log = { ...silent, error: (message: string) => void errors.push(message) };
  let signal: AbortSignal | undefined;
  let read: string | undefined;
  const handle: Handler = async (asked) => {
    ({ signal } = asked);
    read = String((await asked.body()).length);
    return never;
  };
  const routes: Route[] = [{ path: '/x', access: 'write', methods: { POST: handle } }];
  const { url, world } = await serving(t, memoryStore(), [], { routes, log });
  for (const [headers, body, whole] of [
    ['content-length: 10', 'abc', undefined],
    ['transfer-encoding: chunked', '3\r\nabc\r\n', undefined],
    ['content-encoding: gzip\r\ncontent-length: 100', gzipSync('x'.repeat(100)).subarray(0, 15), undefined],
    ['content-length: 3', 'abc', '3'],
  ] as const) {
    [signal, read] = [undefined, undefined];
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write(`POST /x HTTP/1.1\r\nhost: x\r\n${headers}\r\n\r\n`);
    socket.write(body);
    await until('the request', () => signal !== undefined && (whole === undefined || read !== undefined));
    socket.destroy();
    await until(`the abort after ${headers}`, () => signal?.aborted === true);
    assert.match(String((signal as AbortSignal | undefined)?.reason), /the client is gone/);
    assert.equal(read, whole);
    if (whole !== undefined) continue;
    // Work that has ended has given everything back.
    await until('the end of the request', async () =>
      /in_flight\{kind="write"\} 0/.test(await world.metrics.registry.metrics()),
    );
  }
  const told = await world.metrics.registry.getSingleMetricAsString('total_requests');
  assert.deepEqual(told.match(/^total.*/gm), ['total_requests{method="POST",path="/x",statusCode="499"} 4']);
  assert.deepEqual(errors, []);
});

test('B-20: work that takes too long, and a body that comes too slowly', async (t) => {
  const slow = await one(t, () => never, {}, ['--request-timeout=0.1']);
  const answer = await get(`${slow.url}/x`);
  assert.deepEqual([answer.statusCode, answer.headers['retry-after']], [503, '1']);
  const reading = await one(t, async (asked) => ({ status: 200, body: await asked.body() }), {}, [
    '--request-timeout=0.1',
  ]);
  const said = await raw(reading.url, 'POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc');
  assert.match(said, /^HTTP\/1.1 408 /);
});

test('what fails before its first piece is an error, what fails later is cut off', async (t) => {
  async function* failing(after: number) {
    for (let i = 0; i < after; i += 1) yield 'piece';
    await Promise.resolve();
    throw new Error('secret detail');
  }
  const { url } = await one(t, ({ query }) =>
    Promise.resolve({ status: 200, body: failing(Number(query.get('after'))) }),
  );
  const answer = await fetch(`${url}/x?after=0`);
  assert.deepEqual([answer.status, await answer.text()], [500, 'internal error\n']);
  await assert.rejects(async () => (await fetch(`${url}/x?after=1`)).text());
});

test('a body that is refused: its sender gets to read why', async (t) => {
  const { url } = await one(t, async (asked) => ({ status: 200, body: await asked.body() }), {}, ['--body-limit=1024']);
  for (const head of ['content-length: 5000000', 'transfer-encoding: chunked']) {
    const chunk = 'x'.repeat(1_000_000);
    const body = head.startsWith('content') ? chunk.repeat(5) : `f4240\r\n${chunk}\r\n`.repeat(5);
    assert.match(await raw(url, `POST /x HTTP/1.1\r\nhost: x\r\n${head}\r\n\r\n${body}`), /^HTTP\/1.1 413 /, head);
  }
});

test('a body that is refused: who reads only when all is sent gets to read why, and no reset', async (t) => {
  const { url } = await one(t, async (asked) => ({ status: 200, body: await asked.body() }), {}, ['--body-limit=1024']);
  const socket = connect(Number(new URL(url).port), '127.0.0.1').pause();
  const size = 40_000_000;
  socket.write(`POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: ${size}\r\n\r\n`);
  const piece = Buffer.alloc(1_000_000);
  for (let sent = 0; sent < size; sent += piece.length)
    await new Promise<void>((resolve, reject) => {
      socket.write(piece, (error) => (error ? reject(error) : resolve()));
    });
  assert.match(await text(socket), /^HTTP\/1.1 413 [^]*body is greater than 1024 bytes\n$/);
});

test('what has no body says nothing of its length', async (t) => {
  const { url } = await one(t, ({ query }) => Promise.resolve({ status: Number(query.get('status')) }));
  const head = async (status: number) => {
    const said = await raw(url, `GET /x?status=${status} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    return said.toLowerCase();
  };
  for (const status of [204, 304]) {
    assert.match(await head(status), new RegExp(`^http/1.1 ${status} `));
    assert.doesNotMatch(await head(status), /content-length|transfer-encoding/);
  }
  assert.match(await head(200), /\r\ncontent-length: 0\r\n/);
});

test('B-20: compression for those who take it, of what is worth it', async (t) => {
  const { url } = await one(t, ({ query }) =>
    Promise.resolve({ status: 200, type: query.get('type') ?? '', body: 'x'.repeat(Number(query.get('length'))) }),
  );
  const encoding = async (type: string, length: number, accept: string) => {
    const answer = await get(`${url}/x?type=${encodeURIComponent(type)}&length=${length}`, {
      'accept-encoding': accept,
    });
    const bytes = Buffer.concat(await answer.toArray());
    const zipped = answer.headers['content-encoding'] === 'gzip';
    assert.equal(String(zipped ? gunzipSync(bytes) : bytes), 'x'.repeat(length));
    return zipped;
  };
  assert.equal(await encoding('application/json', 5000, 'gzip, deflate'), true);
  assert.equal(await encoding('text/html; charset=utf-8', 500_000, 'br;q=1, gzip;q=0.5'), true);
  assert.equal(await encoding('application/json', 100, 'gzip'), false);
  assert.equal(await encoding('application/json', 5000, 'br, gzip;q=0'), false);
  assert.equal(await encoding('application/json', 5000, 'gzip;q=0.0'), false);
  assert.equal(await encoding('application/gzip', 5000, 'gzip'), false);
  assert.equal(await encoding('text/event-stream', 5000, 'gzip'), false);
});

test("a browser's page of another site may not send anything", async (t) => {
  const { url } = await one(t, () => Promise.resolve({ status: 200 }));
  const status = async (method: string, site: string) =>
    (await get(`${url}/x`, { 'sec-fetch-site': site }, method)).statusCode;
  assert.equal(await status('POST', 'cross-site'), 403);
  assert.equal(await status('POST', 'same-origin'), 200);
  assert.equal(await status('GET', 'cross-site'), 200);
});

test('HEAD is GET without a body', async (t) => {
  let ended = false;
  async function* body() {
    try {
      yield 'x';
      yield 'y';
    } finally {
      ended = true;
    }
  }
  const { url } = await one(t, ({ query }) =>
    Promise.resolve({ status: 200, type: 'text/plain', body: query.has('pieces') ? body() : 'hello' }),
  );
  const plain = await get(`${url}/x`, {}, 'HEAD');
  assert.deepEqual([plain.statusCode, plain.headers['content-length'], await text(plain)], [200, '5', '']);
  assert.equal(await text(await get(`${url}/x?pieces`, {}, 'HEAD')), '');
  await until('the end of the pieces', () => ended);
});

test('paths: the longest that fits; what else may stand in the first line of a request ends nothing', async (t) => {
  const route = (path: string): Route => ({
    path,
    access: 'read',
    methods: { GET: (asked) => Promise.resolve({ status: 200, body: `${path} ${asked.rest} ${String(asked.query)}` }) },
  });
  const { url } = await serving(t, memoryStore(), [], { routes: ['/a/*', '/a/b/*', '/a/b/c', '/'].map(route) });
  const target = async (line: string) => {
    const said = await raw(url, `GET ${line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    return `${/ (\d+) /.exec(said)?.[1]} ${said.slice(said.indexOf('\r\n\r\n') + 4)}`;
  };
  assert.equal(await target('/a/x%2Fy?q=1'), '200 /a/* x%2Fy q=1');
  assert.equal(await target('/a/b/x'), '200 /a/b/* x ');
  assert.equal(await target('/a/b/c'), '200 /a/b/c  ');
  assert.equal(await target('/a/'), '200 /a/*  ');
  assert.equal(await target('http://elsewhere:99999/a/x?q=%'), '200 /a/* x q=%25');
  assert.equal(await target('http://elsewhere'), '200 /  ');
  for (const odd of ['/a', '//', '/a/../x', '*', 'x', '/%', 'http://'])
    assert.match(await target(odd), /^(404|400|200) /, odd);
  assert.equal((await fetch(url)).status, 200);
});

test('B-20: too many at once are told to come again; probes are not', async (t) => {
  const access = ['write', 'read', 'probe'] as const;
  let waiting = 0;
  let free = () => {};
  const held = new Promise<void>((resolve) => (free = resolve));
  const handle: Handler = async () => {
    waiting += 1;
    await held;
    return { status: 200 };
  };
  const route = (path: string, more: Partial<Route>): Route => ({
    path,
    access: 'read',
    methods: { GET: handle },
    ...more,
  });
  const routes = [...access.map((access) => route(`/${access}`, { access })), route('/follow', { lasting: true })];
  const argv = ['--concurrent-writes=1', '--concurrent-reads=1', '--concurrent-follows=1'];
  const { url } = await serving(t, memoryStore(), argv, { routes });
  const first = [...access, 'follow'].map((name) => fetch(`${url}/${name}`));
  await until('all to be there', () => waiting === 4);
  for (const [name, status] of [
    ['write', 429],
    ['read', 503],
    ['follow', 503],
  ] as const) {
    const answer = await fetch(`${url}/${name}`);
    assert.deepEqual([answer.status, answer.headers.get('retry-after')], [status, '1'], name);
  }
  const probe = fetch(`${url}/probe`);
  await until('the probe', () => waiting === 5);
  free();
  for (const answer of [...first, probe]) assert.equal((await answer).status, 200);
  for (const name of access) assert.equal((await fetch(`${url}/${name}`)).status, 200, name);
});

test('B-20: bodies that are worked on at once are bounded, a single one is not refused', async (t) => {
  let free = () => {};
  const held = new Promise<void>((resolve) => (free = resolve));
  let there = 0;
  const handle: Handler = async (asked) => {
    const { length } = await asked.body();
    there += 1;
    await held;
    return { status: 200, body: String(length) };
  };
  const { url } = await one(t, handle, {}, ['--body-memory=1500']);
  const post = (size: number) => fetch(`${url}/x`, { method: 'POST', body: 'x'.repeat(size) });
  const large = post(5000);
  await until('the first', () => there === 1);
  const second = await post(100);
  assert.deepEqual([second.status, second.headers.get('retry-after')], [429, '1']);
  free();
  assert.equal(await (await large).text(), '5000');
  await until('the next', async () => (await post(100)).status === 200);
});

test('B-24: at the end what lasts is cut off, what works goes on', async (t) => {
  const signals: AbortSignal[] = [];
  let free = () => {};
  const held = new Promise<void>((resolve) => (free = resolve));
  const routes: Route[] = [
    {
      path: '/follow',
      access: 'read',
      lasting: true,
      methods: {
        GET: (asked) => {
          signals.push(asked.signal);
          return Promise.resolve({
            status: 200,
            body: (async function* () {
              yield 'x';
              await never;
            })(),
          });
        },
      },
    },
    {
      path: '/work',
      access: 'write',
      methods: {
        GET: async (asked) => {
          signals.push(asked.signal);
          await held;
          return { status: 200, body: 'done' };
        },
      },
    },
  ];
  const { url, end } = await serving(t, memoryStore(), [], { routes });
  const following = fetch(`${url}/follow`).then((answer) => answer.text());
  const refused = assert.rejects(following);
  const working = fetch(`${url}/work`);
  await until('both', () => signals.length === 2);
  end.abort();
  await refused;
  free();
  const answer = await working;
  assert.deepEqual([await answer.text(), answer.headers.get('connection')], ['done', 'close']);
});
