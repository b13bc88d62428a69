import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { connect, type Connection } from '../../src/kubernetes/connection.ts';
import { createApiServer } from '../support/api-server.ts';
import { makeCertificate } from '../support/tls.ts';
import { temporaryDirectory } from '../support/tree.ts';

async function get(t: TestContext, connection: Connection) {
  const response = await connection.get('/api/v1/pods', {}, t.signal);
  response.resume();
  await once(response, 'end');
  return response.statusCode;
}

const cluster = (server: string, more = {}) => ({ name: 'there', cluster: { server, ...more } });
const kubeconfig = (clusters: object[], contexts: object[], token = 'first') =>
  JSON.stringify({
    'current-context': 'day',
    clusters,
    contexts,
    users: [{ name: 'me', user: { token } }],
  });
const day = { name: 'day', context: { cluster: 'there', user: 'me' } };

test('certificates are read for every request; the connection is kept until they are others', async (t) => {
  const old = await makeCertificate(await temporaryDirectory(t));
  const next = await makeCertificate(await temporaryDirectory(t));
  if (!old || !next) return t.skip('needs openssl');
  const root = await temporaryDirectory(t);
  const [file, authority] = [join(root, 'config'), join(root, 'ca.crt')];
  const api = await createApiServer({ token: 'first', tls: old });
  t.after(() => api.close());
  await writeFile(file, kubeconfig([cluster(api.url, { 'certificate-authority': authority })], [day]));
  await writeFile(authority, old.cert);
  const connection = await connect({ kubeconfig: file });
  assert.equal(await get(t, connection), 200);
  assert.equal(await get(t, connection), 200);
  assert.equal(api.connections, 1);

  api.setTls(next);
  await writeFile(authority, next.cert);
  assert.equal(await get(t, connection), 200);
  assert.equal(api.connections, 2);

  await writeFile(authority, old.cert);
  await assert.rejects(get(t, connection), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
});

test('an IPv6 address in brackets is reached', async (t) => {
  const server = createServer((_request, response) => response.end('{}')).listen(0, '::1');
  try {
    await once(server, 'listening');
  } catch {
    return t.skip('needs IPv6');
  }
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  assert.equal(await get(t, await connect({ kubeUrl: `http://[::1]:${port}` })), 200);
});

test('in a pod, its cluster goes before the kubeconfig of a user, and its address may be an IPv6 one', async (t) => {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
  t.after(() => {
    for (const [name, value] of Object.entries({ KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port }))
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  });
  process.env.KUBERNETES_SERVICE_HOST = 'fd00::1';
  process.env.KUBERNETES_SERVICE_PORT = '6443';
  const file = join(await temporaryDirectory(t), 'config');
  await writeFile(file, kubeconfig([cluster('https://user.example:7443')], [day]));
  const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBECONFIG: file };
  assert.equal((await connect({ env })).server, 'https://[fd00::1]:6443/');
  assert.equal((await connect({ env, kubeconfig: file })).server, 'https://user.example:7443/');
  assert.equal((await connect({ env, kubeUrl: 'http://proxy.example:8001' })).server, 'http://proxy.example:8001/');
});

test('a context may be chosen; one that is not there is told with those that are', async (t) => {
  const file = join(await temporaryDirectory(t), 'config');
  const clusters = [cluster('https://day.example'), { name: 'far', cluster: { server: 'https://night.example' } }];
  const night = { name: 'night', context: { cluster: 'far', user: 'me' } };
  await writeFile(file, kubeconfig(clusters, [day, night]));
  assert.equal((await connect({ kubeconfig: file })).server, 'https://day.example/');
  assert.equal((await connect({ kubeconfig: file, context: 'night' })).server, 'https://night.example/');
  await assert.rejects(connect({ kubeconfig: file, context: 'noon' }), /no context "noon" in .*config; .*day, night/);
  await assert.rejects(connect({ kubeconfig: `${file}.lost` }), /config\.lost/);
});

test('of several kubeconfigs, the first that names a context says which one is used', async (t) => {
  const root = await temporaryDirectory(t);
  const [one, two, three] = ['1', '2', '3'].map((name) => join(root, name)) as [string, string, string];
  const other = (name: string) => ({
    'current-context': name,
    clusters: [{ name, cluster: { server: `https://${name}.example` } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    users: [{ name, user: {} }],
  });
  await writeFile(one, JSON.stringify({ ...other('one'), 'current-context': undefined }));
  await writeFile(two, JSON.stringify(other('two')));
  await writeFile(three, JSON.stringify(other('three')));
  assert.equal(
    (await connect({ env: { KUBECONFIG: [one, two, three].join(delimiter) } })).server,
    'https://two.example/',
  );
});
