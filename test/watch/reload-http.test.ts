import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Reload } from '../../src/agent/reload.ts';
import { Unconfirmed } from '../../src/watch/reload/confirm.ts';
import { send } from '../../src/watch/reload/send.ts';
import { createShipper, type Manner } from '../support/shipper.ts';
import { until } from '../support/program.ts';

const never = new AbortController().signal;
const world = { signal: never, timeout: 5000, pause: 5, patience: 5000 };
const impatient = { ...world, patience: 100 };
const hasty = { ...world, timeout: 400 };

async function met(t: TestContext, manner: Manner, more: Partial<Reload> = {}, how = world) {
  const shipper = await createShipper(t, manner);
  const failure = await send({ ...shipper.http, ...more } as Reload, how).then(
    () => '',
    (error: unknown) => String(error),
  );
  return { shipper, failure };
}
const done = { field: 'status', is: 0 };

test('a reload is one request, as the agent wishes it', async (t) => {
  const { shipper, failure } = await met(t, 'reload', { method: 'PUT', body: '{"now":"ä"}', expect: done });
  assert.equal(failure, '');
  const [request, ...others] = shipper.requests;
  assert.deepEqual(others, []);
  assert.equal(request?.method, 'PUT');
  assert.equal(request?.body, '{"now":"ä"}');
  assert.equal(request?.headers['content-type'], 'application/json');
  const bare = await met(t, 'reload', { expect: { field: 'more.deep', is: true } });
  assert.equal(bare.failure, '');
  assert.equal(bare.shipper.requests[0]?.body, '');
  assert.equal(bare.shipper.requests[0]?.headers['content-length'], '0');
});

test('no is told apart from yes', async (t) => {
  assert.match((await met(t, 'refuse', { expect: done })).failure, /refused, status has to be 0: \{"reload":"not supp/);
  assert.match((await met(t, 'reload', { expect: { field: 'mo.re', is: 0 } })).failure, /refused, mo\.re has to be 0/);
  assert.match((await met(t, 'talk', { expect: done })).failure, /the answer is not JSON: done/);
  assert.equal((await met(t, 'talk')).failure, '');
  const { failure, shipper } = await met(t, 'redirect');
  assert.match(failure, /\/reload answered 307/);
  assert.equal(shipper.requests.length, 1, 'nobody followed');
});

test("a stranger's answer is shown in part and read in part", async (t) => {
  const { failure } = await met(t, 'fail');
  assert.match(failure, /answered 500: oh no \[31mxxx/);
  assert.ok(failure.length < 300, failure);
  assert.match((await met(t, 'babble', { expect: done })).failure, /longer than 64 KiB/);
  assert.equal((await met(t, 'babble')).failure, '', 'the status says it all');
});

test('a shipper that is down, hangs, dies in the middle or hangs up has not reloaded', async (t) => {
  const { shipper } = await met(t, 'reload');
  await shipper.close();
  await assert.rejects(
    send(shipper.http, world),
    /nobody listens at http:\/\/127\.0\.0\.1:\d+\/reload: is the shipper/,
  );
  assert.match((await met(t, 'hang', {}, hasty)).failure, /no complete answer within 0\.4 s/);
  assert.match((await met(t, 'break off')).failure, /no complete answer/);
  assert.match((await met(t, 'hang up')).failure, /no complete answer/);
});

test('an address is shown without the secrets in it', async (t) => {
  const shipper = await createShipper(t, 'fail');
  const url = shipper.http.url.replace('http://', 'http://me:s3cret@') + '?token=t0ken';
  const failure = await send({ ...shipper.http, url }, world).catch(String);
  assert.match(String(failure), /answered 500/);
  assert.doesNotMatch(String(failure), /s3cret|t0ken/);
  assert.match(shipper.requests[0]?.headers.authorization ?? '', /^Basic /);
});

test('a reload is confirmed by another value than before, be it late', async (t) => {
  const shipper = await createShipper(t, 'reload later');
  await send({ ...shipper.http, expect: done, confirm: shipper.confirm }, world);
  assert.equal(shipper.count, 1);
  assert.equal(shipper.requests[0]?.path, '/state', 'asked before');
});

test('a yes that changes nothing is no reload', async (t) => {
  const shipper = await createShipper(t, 'say yes and do nothing');
  const reload = { ...shipper.http, expect: done, confirm: shipper.confirm };
  await assert.rejects(send(reload, impatient), (error) => {
    assert.ok(error instanceof Unconfirmed);
    assert.match(error.message, /did not reload: reloads\.count at http.*\/state has not changed.*it is still 0/);
    return true;
  });
  assert.equal(shipper.asked(), 1);
});

test('a shipper that drops the connection, but has reloaded, has reloaded', async (t) => {
  const good = await createShipper(t, 'reload and break off');
  await send({ ...good.http, confirm: good.confirm }, world);
  const bad = await createShipper(t, 'break off');
  await assert.rejects(send({ ...bad.http, confirm: bad.confirm }, impatient), /gave no complete answer/);
});

test('a value where there was none counts; one that could not be read before does not', async (t) => {
  const shipper = await createShipper(t, 'reload');
  const reload = { ...shipper.http, confirm: shipper.confirm };
  shipper.state = 'bare';
  const sent = send(reload, world);
  await until('the reload', () => shipper.asked() === 1);
  shipper.state = 'well';
  await sent;

  shipper.state = 'ill';
  await assert.rejects(send(reload, world), /can't be confirmed: http.*\/state answered 503/);
  shipper.state = 'hangs';
  await assert.rejects(send(reload, hasty), /can't be confirmed: http.*\/state.*within 0\.4 s/);
  assert.equal(shipper.asked(), 3, 'it was told all the same');
});

test('a shipper that is started between the look and the reload is confirmed by its first value', async (t) => {
  const down = await createShipper(t, 'say yes and do nothing');
  await down.close();
  const other = await createShipper(t, 'say yes and do nothing');
  const sent = send({ ...other.http, confirm: down.confirm }, world);
  await until('the reload', () => other.asked() === 1);
  await createShipper(t, 'reload', down.port);
  await sent;
});

test('the abort ends it at any point', async (t) => {
  const shipper = await createShipper(t, 'hang');
  const abort = new AbortController();
  const sent = send(shipper.http, { ...world, signal: abort.signal, timeout: 60_000 });
  await until('the request', () => shipper.asked() === 1);
  abort.abort();
  await assert.rejects(sent, { name: 'AbortError' });

  const waiting = new AbortController();
  shipper.manner = 'say yes and do nothing';
  const unconfirmed = send(
    { ...shipper.http, confirm: shipper.confirm },
    { ...world, signal: waiting.signal, patience: 60_000 },
  );
  await until('some looks', () => shipper.requests.length > 5);
  waiting.abort();
  await assert.rejects(unconfirmed, { name: 'AbortError' });
});

test('a reload that makes no sense is not sent', async () => {
  await assert.rejects(
    send({ kind: 'http', method: 'POST', url: 'file:///etc/passwd' }, world),
    /no http or https address/,
  );
});
