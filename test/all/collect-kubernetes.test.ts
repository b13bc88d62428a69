import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { createApiServer } from '../support/api-server.ts';
import { collecting, well } from '../support/collecting.ts';
import { createNode } from '../support/node.ts';
import { makePod } from '../support/pods.ts';
import { until } from '../support/program.ts';

const id = 'ab'.repeat(32);
const name = 'coredns-6b6854dcbf-s5kb6';
const file = `${name}_kube-system_coredns-${id}.log`;
const dns = (labels: Record<string, string> = {}) =>
  makePod({
    name,
    namespace: 'kube-system',
    labels: { 'k8s-app': 'kube-dns', ...labels },
    containers: [{ name: 'coredns', id }],
  });

test('C-06: by what the name of the file tells and by the labels of the pod, which overwrite nothing', async (t) => {
  const { start, write, holds, logs, status, at } = await collecting(t);
  const api = await createApiServer();
  t.after(() => api.close());
  const hostile = { namespace: 'other', container_id: 'other', host: 'other', pod_uid: 'other', docker_id: 'other' };
  api.pods.set(dns({ 'app.kubernetes.io/name': 'coredns', ...hostile, path: 'other' }));
  mkdirSync(at('k'));
  const program = await start(['--root-path', 'k'], { WATCHER_KUBE_URL: api.url });
  write(`k/${file}`, 'hello?\n');
  await holds('k8s-app', 'kube-dns', ['hello?']);
  const known = { pod_name: name, namespace: 'kube-system', container_name: 'coredns', container_id: id };
  const told = { ...known, path: `k/${file}`, 'app.kubernetes.io/name': 'coredns', label_namespace: 'other' };
  for (const [key, value] of Object.entries(told)) assert.deepEqual(await logs(key, value), ['hello?'], key);
  for (const key of ['namespace', 'container_id', 'host', 'pod_uid', 'docker_id', 'path', 'pod_name'])
    assert.equal(await logs(key, 'other'), 404, key);
  const { files_len: files, index_keys: keys } = await status();
  assert.equal(files, 1);
  for (const [key, value] of Object.entries(known)) assert.ok(keys.includes(`${key}=${value}`), key);
  assert.deepEqual(await program.stop(), well);

  // With the API server down a later process knows them still.
  await api.stop();
  const later = await start(['--root-path', 'k'], { WATCHER_KUBE_URL: api.url });
  write(`k/${file}`, 'later\n');
  await holds('k8s-app', 'kube-dns', ['hello?', 'later']);
  assert.equal((await later.stop()).code, 0);
});

test('C-06: the API server is down, then up; a pod that it does not know; odd names', async (t) => {
  const { start, write, holds, logs, link, root } = await collecting(t);
  const api = await createApiServer();
  t.after(() => api.close());
  await api.stop();
  const node = await createNode(root);
  const pod = dns();
  const { container } = {
    container: { pod: { namespace: 'kube-system', name, uid: pod.metadata.uid }, name: 'coredns', id },
  };
  const made = await node.start(container);
  const k = 'var/log/containers';
  write(`${k}/stranger_default_app-${'cd'.repeat(32)}.log`, 'from a stranger\n');
  write(`${k}/no pod at all.log`, 'odd\n');
  write(`${k}/_.log`, 'odder\n');
  write(`${k}/a_b_.log`, 'oddest\n');
  link('nowhere', `${k}/gone_default_app-${'ef'.repeat(32)}.log`);
  await node.write(made, ['early']);
  const program = await start(['--root-path', k], { WATCHER_KUBE_URL: api.url, CLUSTER_NODE_NAME: 'node-1' });
  await holds('container_id', id, ['early']);
  await holds('pod_name', 'stranger', ['from a stranger']);
  await holds('path', `${k}/no%20pod%20at%20all.log`, ['odd']);
  await holds('path', `${k}/_.log`, ['odder']);
  await holds('path', `${k}/a_b_.log`, ['oddest']);
  assert.equal(await logs('k8s-app', 'kube-dns'), 404);

  api.pods.set(pod);
  await api.start();
  let line = 0;
  await until('the labels', async () => {
    await node.write(made, [`late ${line++}`]);
    return Array.isArray(await logs('k8s-app', 'kube-dns'));
  });
  const all = ['early', ...Array.from({ length: line }, (_, index) => `late ${index}`)];
  await holds('container_id', id, all);
  write(`${k}/stranger_default_app-${'cd'.repeat(32)}.log`, 'again\n');
  await holds('pod_name', 'stranger', ['from a stranger', 'again']);
  const { code } = await program.stop();
  assert.equal(code, 0);
});
