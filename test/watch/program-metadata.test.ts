import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { until } from '../support/program.ts';
import { tree } from '../support/tree.ts';
import { createWorld } from '../support/world.ts';

const env = {
  WATCHER_NAMESPACE_LABELS: 'true',
  WATCHER_LABEL_MAP: '{"component": ["component", "namespace-label:team"]}',
  WATCHER_STRICT_LABELS: 'component',
};
const parser = { 'kubernetes-log-watcher/parser': 'accessLog' };
const namespace = (labels: Record<string, string>, annotations: Record<string, string> = {}) => ({
  kind: 'Namespace',
  metadata: { name: 'default', uid: 'uid-default', labels, annotations },
});
const set = (t: TestContext, more: Record<string, string> = {}) =>
  createWorld(t, { agents: ['scalyr'], env: { ...env, ...more } });

describe('what is read beside the pods', { concurrency: 2 }, () => {
  it('follows labels and hints of a namespace', async (t) => {
    const world = await set(t);
    world.api.namespaces.set(namespace({}));
    await world.pod('shop');
    const program = await world.startReady();
    assert.deepEqual(await world.shipped(), []);
    assert.match(await program.text('/explain?of=shop'), /component \(looked for at component, namespace-label:team\)/);
    world.api.namespaces.set(namespace({ team: 'red' }, parser));
    await until('the label', async () => (await world.shipped()).join() === 'shop');
    await until('the hint', async () => /"parser": "accessLog"/.test((await world.tree())['agent.json'] ?? ''));
    assert.match((await world.run(['explain', 'shop', '--url', program.url])).stdout, /by the namespace's annotation/);
    const asked = new Set(world.api.requests.map(({ verb, path }) => `${verb} ${path}`));
    assert.deepEqual([...asked].toSorted(), [
      'list /api/v1/namespaces',
      'list /api/v1/pods',
      'watch /api/v1/namespaces',
      'watch /api/v1/pods',
    ]);
  });

  it('ships by the labels that were known, while namespaces can not be read', async (t) => {
    const world = await set(t);
    world.api.namespaces.set(namespace({ team: 'red' }, parser));
    await world.pod('shop');
    await (await world.startReady()).stop();

    world.api.forbidden.add('namespaces');
    world.api.namespaces.set(namespace({}));
    const program = await world.startReady();
    await world.pod('cart');
    await until('a new pod', async () => (await world.shipped()).join() === 'cart,shop');
    assert.match((await program.readyz()).checks['namespaces']?.detail ?? '', /HTTP 403/);
    assert.match((await world.tree())['agent.json'] ?? '', /"parser": "accessLog"/);
    const told = program.lines.filter(({ level, error }) => level === 'error' && /HTTP 403/.test(String(error)));
    assert.equal(told.length, 1);
    assert.match(String(told[0]?.['error']), /rbac-namespaces\.yaml/);

    world.api.forbidden.clear();
    await until('the change', async () => (await world.shipped()).length === 0, 120_000);
  });

  it('waits for namespaces and node in its only pass, and renders the same from a file', async (t) => {
    const world = await set(t, { WATCHER_NODE_LABELS: 'true' });
    const node = { kind: 'Node', metadata: { name: 'node-1', uid: 'uid-node', labels: { zone: 'a' } } };
    world.api.namespaces.set(namespace({ team: 'red' }, parser));
    world.api.nodes.set(node);
    const { pod } = await world.pod('shop');
    assert.equal((await world.run(['watch', '--once'])).code, 0);
    assert.deepEqual(await world.shipped(), ['shop']);

    const file = join(world.root, 'all.json');
    const items = [{ ...pod, kind: 'Pod' }, namespace({ team: 'red' }, parser), node];
    await writeFile(file, JSON.stringify({ kind: 'List', items }));
    const { code, stdout, stderr } = await world.run(['render', '--pods', file, '--diff', '/']);
    assert.deepEqual([code, stdout], [0, ''], stderr);
    const blind = { WATCHER_NAMESPACE_LABELS: 'false' };
    const once = await world.run(['watch', '--once'], blind);
    assert.match(once.stderr, /namespace-label:team in `--label-map` is always empty without `--namespace-labels`/);
    assert.deepEqual(await world.shipped(), []);
  });

  it('tells Loki of a namespace that comes late and of the node; an outage takes nothing away', async (t) => {
    const labels = { WATCHER_LOKI_LABELS: 'namespace:team,node:zone', WATCHER_NODE_LABELS: 'true' };
    const world = await createWorld(t, { agents: ['loki'], env: { WATCHER_NAMESPACE_LABELS: 'true', ...labels } });
    const node = (zone: string) => ({ kind: 'Node', metadata: { name: 'node-1', uid: 'uid-node', labels: { zone } } });
    const told = async () => {
      const [content = ''] = Object.values(await tree(world.places['loki'] ?? ''));
      return content.match(/"(namespace_team|node_zone)": "[^"]*"/g)?.join(' ') ?? '';
    };
    const says = (what: string) => until(what, async () => (await told()) === what);
    world.api.nodes.set(node('a'));
    await world.pod('shop', { labels: { namespace_team: 'forged' } });
    const program = await world.startReady();
    await says('"node_zone": "a"');
    world.api.namespaces.set(namespace({ team: 'red' }));
    await says('"namespace_team": "red" "node_zone": "a"');

    await world.api.stop();
    await until('word of the outage', async () => (await program.readyz()).checks['namespaces']?.detail !== 'synced');
    await program.passes(2);
    assert.equal(await told(), '"namespace_team": "red" "node_zone": "a"');
    world.api.namespaces.set(namespace({ team: 'blue' }));
    world.api.nodes.set(node('b'));
    await world.api.start();
    await says('"namespace_team": "blue" "node_zone": "b"');
  });
});
