import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Finding } from '../../src/watch/doctor/finding.ts';
import type { Env } from '../support/program.ts';
import { createWorld } from '../support/world.ts';

async function examined(t: TestContext, { env = {}, agents = ['loki'] }: { env?: Env; agents?: string[] } = {}) {
  const world = await createWorld(t, { agents });
  const ask = async (more: Env = {}) => {
    const { code, stdout, stderr } = await world.run(['doctor', '--format', 'json'], { ...env, ...more });
    assert.equal(stderr, '');
    const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: Finding[] };
    assert.equal(code, ok ? 0 : 1);
    const of = (name: string) => findings.find((one) => one.name.startsWith(name));
    for (const { name, state, fix } of findings) assert.equal(state === 'ok', fix === undefined, name);
    return { ok, findings, of };
  };
  return { world, ask };
}

test('doctor finds nothing to do where all is well, and changes nothing', async (t) => {
  const { world, ask } = await examined(t);
  await world.pod('shop');
  await world.pod('old', { runtime: 'docker' });
  const { ok, findings, of } = await ask();
  assert.ok(ok, JSON.stringify(findings.filter(({ state }) => state !== 'ok')));
  assert.equal(of('logs')?.detail, '2 containers, all their logs can be opened');
  assert.equal(of('right to list pods')?.state, 'ok');
  assert.equal(of('right to watch pods')?.state, 'ok');
  assert.equal(of('node node-1')?.detail, '2 pods');
  assert.equal(of('rights'), undefined, 'no secrets');
  assert.deepEqual(await world.tree(), {});
});

test('doctor names the role that is missing, and only what is used is asked for', async (t) => {
  const { world, ask } = await examined(t);
  world.api.forbidden.add('namespaces');
  assert.equal((await ask()).of('right to list namespaces'), undefined);
  const { ok, of } = await ask({ WATCHER_NAMESPACE_LABELS: 'true' });
  assert.equal(ok, false);
  assert.deepEqual(of('right to list namespaces'), {
    name: 'right to list namespaces',
    state: 'fail',
    detail: 'is not given',
    fix: 'kube-log-watcher rbac namespaces | kubectl apply -f -',
  });
  assert.equal(of('right to list pods')?.state, 'ok');
});

test('doctor tells of an API server that is away, of a node of another name', async (t) => {
  const { world, ask } = await examined(t);
  await world.pod('shop');
  const { of, ok } = await ask({ CLUSTER_NODE_NAME: 'elsewhere' });
  assert.ok(ok);
  assert.match(of('node elsewhere')?.fix ?? '', /CLUSTER_NODE_NAME from spec\.nodeName/);
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  const { of: away } = await ask({ WATCHER_KUBE_URL: `http://127.0.0.1:${port}` });
  assert.match(away('API server')?.detail ?? '', /ECONNREFUSED/);
});

test('doctor asks who gives the pods, and the API server only where it is needed', async (t) => {
  const { world, ask } = await examined(t);
  await world.pod('shop');
  world.api.forbidden.add('pods');
  const kubelet = { WATCHER_POD_SOURCE: 'kubelet', WATCHER_KUBELET_URL: world.api.url };
  const refused = await ask(kubelet);
  assert.match(refused.of('kubelet')?.detail ?? '', /answered 403/);
  assert.match(refused.of('kubelet')?.fix ?? '', /rbac kubelet \| kubectl apply/);
  world.api.forbidden.delete('pods');
  const { ok, of } = await ask({ ...kubelet, WATCHER_KUBE_URL: 'http://127.0.0.1:1' });
  assert.ok(ok);
  assert.equal(of('kubelet')?.detail, '1 pods');
  assert.equal(of('API server'), undefined);
});

test('doctor tells of mounts that are missing and of links that lead nowhere', async (t) => {
  const { world, ask } = await examined(t);
  const { container } = await world.pod('shop');
  await world.pod('fine');
  await rm(container.log);
  await symlink(join(world.root, 'nowhere.log'), container.log);
  const { ok: well, of: found } = await ask();
  assert.ok(well);
  assert.equal(found('links')?.state, 'warn');
  assert.match(found('links')?.fix ?? '', /mount the directory that it leads to/);
  await rm(world.node.pods, { recursive: true });
  const { ok, of } = await ask();
  assert.equal(ok, false);
  assert.equal(of(`mount ${world.node.pods}`)?.fix, `mount ${world.node.pods} of the node, read only`);
});

test('doctor tries where agents write, and whether their shippers can be told', async (t) => {
  const { world, ask } = await examined(t, { agents: ['fluent-bit', 'rsyslog'] });
  const dest = {
    WATCHER_FLUENT_BIT_DEST_PATH: world.places['loki'],
    WATCHER_RSYSLOG_DEST_PATH: world.places['symlinker'],
  };
  const shipper = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
  t.after(() => shipper.close());
  await once(shipper, 'listening');
  const url = `http://127.0.0.1:${(shipper.address() as AddressInfo).port}/api/v2/reload`;
  const { of, ok } = await ask({ ...dest, WATCHER_FLUENT_BIT_RELOAD_URL: url, WATCHER_RSYSLOG_PROCESS: 'no-such-one' });
  assert.equal(of(`directory of fluent-bit: ${world.places['loki']}`)?.detail, 'can be written');
  assert.equal(of('shipper of fluent-bit')?.detail, 'listens');
  assert.match(of('shipper of rsyslog')?.fix ?? '', /shareProcessNamespace: true/);
  assert.equal(ok, false);
  assert.deepEqual(await world.tree(), {}, 'nothing stays behind');
});

test('doctor tells each mistake of the configuration', async (t) => {
  const { world, ask } = await examined(t);
  const missing = join(world.root, 'nowhere');
  const { findings } = await ask({ WATCHER_LOKI_DEST_PATH: missing, WATCHER_LINGER: 'long' });
  assert.deepEqual(
    findings.map(({ name, state }) => `${name} ${state}`),
    ['configuration fail', 'configuration fail'],
  );
  assert.ok(findings.some(({ detail }) => detail.includes(missing)));
});

test('doctor prints lines for people', async (t) => {
  const { world } = await examined(t);
  const { stdout, code } = await world.run(['doctor'], { WATCHER_STATE_PATH: undefined });
  assert.equal(code, 0);
  assert.match(stdout, /^ok {4}configuration: agents loki\n/);
  assert.match(stdout, /^warn {2}state: without --state-path.*\n {6}-> give --state-path a directory/m);
  assert.equal((await world.run(['doctor', '--format', 'xml'])).code, 2);
});
