import assert from 'node:assert/strict';
import { test } from 'node:test';
import { json, parseAddress, probe, serveStatus } from '../../src/system/status.ts';

test('addresses: host and port, port alone, IPv6 in brackets', () => {
  assert.deepEqual(parseAddress('127.0.0.1:80'), { host: '127.0.0.1', port: 80 });
  assert.deepEqual(parseAddress(':9469'), { host: undefined, port: 9469 });
  assert.deepEqual(parseAddress('[::1]:9469'), { host: '::1', port: 9469 });
  for (const wrong of ['', 'x', ':', ':x', ':70000', '::1:80']) assert.equal(parseAddress(wrong), undefined, wrong);
});

test('serves its paths and nothing else, on IPv4 and IPv6', async (t) => {
  const routes = {
    '/readyz': () => probe({ pods: { ok: false, detail: 'no list yet' }, scan: { ok: true } }),
    '/echo': (query: URLSearchParams) => json(query.get('of')),
    '/broken': () => Promise.reject(new Error('ill')),
  };
  for (const host of ['127.0.0.1', '[::1]']) {
    const server = await serveStatus(`${host}:0`, routes);
    t.after(() => server.close());
    const get = async (path: string, method = 'GET') => {
      const response = await fetch(`http://${host}:${server.port}${path}`, { method });
      return [response.status, await response.json()];
    };
    assert.deepEqual(await get('/readyz'), [
      503,
      { ok: false, checks: { pods: { ok: false, detail: 'no list yet' }, scan: { ok: true } } },
    ]);
    assert.deepEqual(await get('/echo?of=a%2Fb'), [200, 'a/b']);
    assert.deepEqual(await get('/broken'), [500, { error: 'ill' }]);
    assert.equal((await get('/constructor'))[0], 404);
    assert.equal((await get('/echo', 'POST'))[0], 405);
  }
});
