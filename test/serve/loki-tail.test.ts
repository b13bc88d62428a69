import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test, type TestContext } from 'node:test';
import type { Gate } from '../../src/serve/http/gate.ts';
import { until } from '../support/program.ts';
import { memoryStore, serving } from './serving.ts';
import { entry, stored } from './stored.ts';

const second = 1_000_000_000n;

interface Message {
  streams: { stream: Record<string, string>; values: [string, string][] }[];
}

/** A client that tails, as Grafana's live view does. */
function tail(t: TestContext, url: string, parameters: Record<string, string>) {
  const query = new URLSearchParams(parameters).toString();
  const socket = new WebSocket(`${url.replace('http', 'ws')}/loki/api/v1/tail?${query}`);
  const streams: Message['streams'] = [];
  let closed: number | undefined;
  socket.addEventListener('message', ({ data }) => streams.push(...(JSON.parse(String(data)) as Message).streams));
  socket.addEventListener('close', ({ code }) => (closed = code));
  t.after(() => socket.close());
  const logs = () => streams.flatMap(({ values }) => values.map(([, log]) => log));
  return {
    socket,
    streams,
    closed: () => until('the end', () => closed !== undefined).then(() => closed),
    hears: (...all: string[]) =>
      until(`the lines ${all.join(', ')}`, () => JSON.stringify(logs()) === JSON.stringify(all)),
  };
}

const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const asking = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${key}`];

/** What comes back over a connection of its own, with these headers; more can be sent. */
async function raw(t: TestContext, url: string, headers: readonly string[], path = '/loki/api/v1/tail?query=%7B%7D') {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  t.after(() => socket.destroy());
  const got: Buffer[] = [];
  socket.on('data', (bytes) => got.push(bytes));
  await once(socket, 'connect');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: here\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`);
  const text = () => Buffer.concat(got).toString('latin1');
  const shows = (what: string) => until(JSON.stringify(what), () => text().includes(what));
  return { socket, text, shows, ended: () => until('the end', () => socket.readableEnded || socket.closed) };
}

/** A frame as clients send it, masked. */
function frame(kind: number, bytes: string): Buffer {
  const mask = Buffer.from([1, 2, 3, 4]);
  const masked = Buffer.from(bytes, 'latin1').map((byte, at) => byte ^ (mask[at % 4] ?? 0));
  return Buffer.concat([Buffer.of(0x80 | kind, 0x80 | bytes.length), mask, masked]);
}

test('tail tells the newest lines that are there, and then what comes in', async (t) => {
  const { url, world } = await stored(t);
  const now = world.now();
  const labels = { 'app.kubernetes.io/name': 'web' };
  await world.store.write([
    entry('long before', now - 7200n * second),
    entry('a', now - 60n * second),
    entry('b', now - 50n * second, { metadata: { trace: 't' } }),
    entry('c', now - 2n * second),
  ]);
  const client = tail(t, url, { query: '{pod="web-0"} != "not me"', limit: '2' });
  await client.hears('b', 'c');
  const stream = { container: 'web', namespace: 'default', pod: 'web-0', stream: 'stdout' };
  assert.deepEqual(client.streams, [
    { stream: { ...stream, trace: 't' }, values: [[String(now - 50n * second), 'b']] },
    { stream, values: [[String(now - 2n * second), 'c']] },
  ]);
  const long = 'x'.repeat(70_000);
  await world.store.write([entry('not me', now), entry('d', now + second), entry('other', now, { pod: 'web-1' })]);
  await client.hears('b', 'c', 'd');
  await world.store.write([entry(long, now + 2n * second), entry('e', now + 3n * second, { labels })]);
  await client.hears('b', 'c', 'd', long, 'e');
  assert.deepEqual(client.streams.at(-1)?.stream, { app_kubernetes_io_name: 'web', ...stream });
  const since = tail(t, url, { query: '{pod="web-0"} |= "long"', start: String(now - 8000n * second) });
  await since.hears('long before');
  since.socket.close(1000);
  assert.equal(await since.closed(), 1000);
});

test('lines are changed and filtered by the stages of the query', async (t) => {
  const { url, world } = await stored(t);
  const client = tail(t, url, { query: '{pod="web-0"} | logfmt | level="warn"' });
  await once(client.socket, 'open');
  await world.store.write([entry('level=info', world.now()), entry('level=warn', world.now())]);
  await client.hears('level=warn');
  assert.equal(client.streams[0]?.stream['level'], 'warn');
});

test('a connection is kept up by pings, ended by its client, and cut off at the end of the program', async (t) => {
  const { url, end } = await stored(t);
  const one = await raw(t, url, asking);
  await one.shows('\r\n\r\n');
  assert.match(one.text(), /^HTTP\/1\.1 101 [^]*sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/i);
  const ping = frame(9, 'there?');
  one.socket.write(ping.subarray(0, 5));
  one.socket.write(Buffer.concat([ping.subarray(5), frame(1, 'words')]));
  await one.shows('\x8a\x06there?');
  one.socket.write(frame(8, '\x03\xe9bye'));
  await one.shows('\x88\x05\x03\xe9bye');
  await one.ended();
  const long = await raw(t, url, asking);
  long.socket.write(Buffer.of(0x81, 0xfe, 1, 0));
  await long.shows('\x88\x02\x03\xf1');
  const open = await raw(t, url, asking);
  await open.shows('101');
  const client = tail(t, url, { query: '{}' });
  await once(client.socket, 'open');
  end.abort();
  await open.ended();
  assert.equal(await client.closed(), 1006);
});

test('what is no web socket, wrong, foreign or not let in is answered in plain HTTP', async (t) => {
  const gate: Gate = {
    who: (_access, sent) => (sent === 'Bearer yes' ? '' : undefined),
    challenge: () => 'Bearer',
    files: [],
    reload: () => undefined,
  };
  const { url } = await serving(t, memoryStore(), [], { gate });
  const mine = [...asking, 'Authorization: Bearer yes'];
  const status = async (headers: readonly string[], path?: string) => {
    const client = await raw(t, url, headers, path);
    await client.shows('\r\n\r\n');
    return client.text().slice(9, 12);
  };
  assert.equal(await status(asking), '401');
  assert.equal(await status([...mine, 'Origin: http://elsewhere']), '403');
  assert.equal(await status([...mine, 'Origin: null']), '403');
  assert.equal(await status(mine, '/loki/api/v1/tail?query=%7B'), '400');
  assert.equal(await status(mine, '/loki/api/v1/tail?query=rate(%7Ba%3D%22b%22%7D%5B1m%5D)'), '400');
  assert.equal(await status(['Authorization: Bearer yes']), '400');
  assert.equal(await status(mine.map((line) => line.replace(': 13', ': 12'))), '400');
  assert.equal(await status(mine.filter((line) => !line.includes('-Key'))), '400');
  // HTTP goes on where nothing else is spoken: https://www.rfc-editor.org/rfc/rfc9110#section-7.8
  assert.equal(await status(mine, '/loki/api/v1/status/buildinfo'), '200');
  const both = [
    'Connection: Upgrade, HTTP2-Settings',
    'Upgrade: h2c',
    'HTTP2-Settings: x',
    'Authorization: Bearer yes',
  ];
  assert.equal(await status(both, '/loki/api/v1/status/buildinfo'), '200');
});
