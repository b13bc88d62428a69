import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../support/program.ts';
import { createWorld } from '../support/world.ts';

const ours = (annotations: Record<string, string>) =>
  Object.fromEntries(Object.entries(annotations).map(([name, value]) => [`kubernetes-log-watcher/${name}`, value]));

test('hints reach the shippers; what is wrong with them is told everywhere, once', async (t) => {
  const world = await createWorld(t, { agents: ['scalyr', 'loki', 'symlinker'] });
  await world.pod('out', { annotations: ours({ exclude: 'true' }) });
  const good = ours({ parser: 'accessLog', praser: 'x', tenant: 'red', 'main.attributes': '{"team": "blue"}' });
  const { pod } = await world.pod('shop', { annotations: good });
  const program = await world.startReady({ WATCHER_TENANTS: '{"default": ["blue"]}' });
  assert.deepEqual(await world.shipped(), ['shop']);
  const files = await world.tree();
  assert.match(files['agent.json'] ?? '', /"team": "blue"[^]*"parser": "accessLog"/);
  const target = Object.entries(files).find(([path]) => path.startsWith('loki/'))?.[1] ?? '';
  assert.match(target, /"tenant": "blue"/);
  assert.match(target, /"team": "blue"/);

  await until('the metric', async () => (await program.metric('logwatch_hint_problems{code="unsupported"}')) === 5);
  assert.equal(await program.metric('logwatch_hint_problems{code="unknown-key"}'), 1);
  assert.equal(await program.metric('logwatch_hint_problems{code="tenant-not-allowed"}'), 1);
  assert.equal(await program.metric('logwatch_decisions{reason="hint-excluded"}'), 1);
  const explained = async (of: string) => world.run(['explain', of, '--url', program.url]);
  const shop = (await explained('shop')).stdout;
  assert.match(shop, /hint +parser, by the annotation for the whole pod/);
  assert.match(shop, /hint +tenant, by --tenants/);
  assert.match(shop, /ignored +unknown-key: kubernetes-log-watcher\/praser .*parser/);
  assert.match(shop, /symlinker: applied[^]*unsupported: the hint parser/);
  const out = await explained('out');
  assert.equal(out.code, 3);
  assert.match(out.stdout, /hint-excluded/);
  await program.passes(3);
  assert.equal(program.lines.filter(({ message }) => message === 'hint ignored').length, 2);

  const changed = structuredClone(pod);
  Object.assign(changed.metadata, { annotations: ours({ include: 'false' }) });
  world.api.pods.set(changed);
  await until('nothing shipped', async () => (await world.shipped()).length === 0);
});

test('without a cluster, what is wrong with hints is told as well', async (t) => {
  const world = await createWorld(t, { agents: ['loki'] });
  const { pod } = await world.pod('shop', { annotations: ours({ praser: 'x', tenant: 'blue' }) });
  const pods = join(world.root, 'pods.json');
  await writeFile(pods, JSON.stringify({ apiVersion: 'v1', kind: 'PodList', items: [pod] }));
  const { stdout, stderr } = await world.run(['render', '--pods', pods], { WATCHER_TENANTS: '{"default": ["blue"]}' });
  assert.match(stderr, /^default\/shop: ignored unknown-key: kubernetes-log-watcher\/praser .*parser/m);
  assert.match(stdout, /"tenant": "blue"/);
});

test('with --require-include only what asks for it is shipped', async (t) => {
  const world = await createWorld(t, { agents: ['scalyr'] });
  await world.pod('asks', { annotations: ours({ include: 'true' }) });
  await world.pod('silent');
  const program = await world.startReady({ WATCHER_REQUIRE_INCLUDE: 'true' });
  assert.deepEqual(await world.shipped(), ['asks']);
  assert.equal(await program.metric('logwatch_decisions{reason="hint-not-included"}'), 1);
});

test('a policy or tenants with mistakes are refused, with all of them', async (t) => {
  const world = await createWorld(t, { agents: ['loki'] });
  const { code, stderr } = await world.run(['render', '--pods', '/none'], {
    WATCHER_HINT_POLICY: '[{"hints": {"praser": "x", "sampling": 2}}, {"namespace": "a", "hints": {}}]',
    WATCHER_TENANTS: '{"a": ["b/c"]}',
  });
  assert.equal(code, 2);
  assert.match(stderr, /HINT_POLICY.*rule 1 .*"praser" \(did you mean `parser`.*sampling.*rule 2 .*"namespace"/);
  assert.match(stderr, /TENANTS.*"b\/c".*no name of a tenant/);
});
