import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import * as fc from 'fast-check';
import { connect } from '../../src/kubernetes/connection.ts';
import type { Follow } from '../../src/kubernetes/follow.ts';
import type { Timings } from '../../src/kubernetes/timings.ts';
import { namespacesFromApi, nodeFromApi, toMetadata, type Metadata } from '../../src/kubernetes/metadata.ts';
import type { Source } from '../../src/kubernetes/source.ts';
import { silent, type Fields } from '../../src/system/log.ts';
import { createMetrics } from '../../src/system/metrics.ts';
import { createApiServer, type ApiServer } from '../support/api-server.ts';
import { runSource } from '../support/source.ts';

const fast: Partial<Timings> = { retry: [5, 20], pace: 2, settled: 20, relistGap: 10, watchSeconds: [60, 60] };

async function until(condition: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + 90_000; !condition(); await sleep(2)) assert.ok(Date.now() < end, `in vain: ${what}`);
}

const raw = (name: string, team: string, annotations: Record<string, string> = {}, uid = name) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, uid, labels: { team }, annotations, managedFields: [{ manager: 'kubectl' }] },
  status: { phase: 'Active' },
});

async function start(
  t: TestContext,
  before: (api: ApiServer) => void,
  of: (world: Follow) => Source<Metadata> = (world) => namespacesFromApi({ ...world, keeps: (key) => key === 'kept' }),
) {
  const api = await createApiServer();
  t.after(() => api.close());
  before(api);
  const said: { level: 'error' | 'warn' | 'info'; message: string; fields?: Fields }[] = [];
  const say = (level: (typeof said)[number]['level']) => (message: string, fields?: Fields) =>
    void said.push({ level, message, fields });
  let changes = 0;
  const metrics = createMetrics();
  const source = of({
    connection: await connect({ kubeUrl: api.url }),
    log: { ...silent, error: say('error'), warn: say('warn'), info: say('info') },
    metrics,
    onChange: () => (changes += 1),
    timings: fast,
  });
  runSource(t, source);
  const teams = () =>
    source
      .all()
      .map(({ name, labels }) => `${name}=${labels['team']}`)
      .toSorted()
      .join(' ');
  return {
    api,
    source,
    said,
    metrics,
    teams,
    get changes() {
      return changes;
    },
    watching: () => until(() => api.watches === 1, 'a watch'),
    versions: () => api.requests.filter(({ verb }) => verb === 'list').map(({ query }) => query.get('resourceVersion')),
  };
}

const two = ({ namespaces }: ApiServer) => {
  namespaces.set(raw('a', 'red'));
  namespaces.set(raw('b', 'blue'));
};

test('namespaces come from one list and one watch with bookmarks', async (t) => {
  const w = await start(t, two);
  await w.watching();
  w.api.namespaces.set(raw('a', 'green'));
  w.api.namespaces.delete('b');
  w.api.namespaces.set(raw('late', 'white'));
  await until(() => w.teams() === 'a=green late=white', 'the last state');
  assert.deepEqual(
    w.api.requests.map(({ verb, path, query }) => [verb, path, Object.fromEntries(query)]),
    [
      ['list', '/api/v1/namespaces', { resourceVersion: '0' }],
      [
        'watch',
        '/api/v1/namespaces',
        { watch: 'true', allowWatchBookmarks: 'true', timeoutSeconds: '60', resourceVersion: '102' },
      ],
    ],
  );
});

test('a namespace is cut to what is used, and tells of nothing else', async (t) => {
  const w = await start(t, ({ namespaces }) => namespaces.set(raw('a', 'red', { kept: '1', other: 'x'.repeat(1000) })));
  await w.watching();
  assert.deepEqual(w.source.all(), [{ uid: 'a', name: 'a', labels: { team: 'red' }, annotations: { kept: '1' } }]);
  w.api.namespaces.set(raw('a', 'red', { kept: '1', other: 'another' }));
  w.api.namespaces.set(raw('a', 'red', { kept: '2' }));
  await until(() => w.source.all()[0]?.annotations['kept'] === '2', 'the edit');
  assert.equal(w.changes, 2);
});

for (const shape of ['HTTP status', 'ERROR event'] as const) {
  test(`410 as ${shape}: a consistent list of namespaces, and what is gone goes`, async (t) => {
    const w = await start(t, two);
    await w.watching();
    w.api.faults.silence(true);
    w.api.namespaces.delete('a');
    w.api.namespaces.set(raw('c', 'white'));
    w.api.faults.forget();
    w.api.faults.silence(false);
    if (shape === 'ERROR event') w.api.faults.errorEvent(410, 'namespaces');
    else w.api.faults.end();
    await until(() => w.teams() === 'b=blue c=white', 'the new list');
    assert.deepEqual(w.versions(), ['0', null]);
    assert.deepEqual(
      (await w.metrics.relists.get()).values.map(({ labels }) => labels),
      [{ cause: 'gone', resource: 'namespaces' }],
    );
    const verbs = w.api.requests.map(({ verb }) => verb).slice(0, 3);
    // The watch itself is answered 410 only where the event has not told it.
    assert.deepEqual(verbs, shape === 'ERROR event' ? ['list', 'watch', 'list'] : ['list', 'watch', 'watch']);
    assert.deepEqual(w.said, []);
  });
}

test('an outage takes no namespace away; what changed in it is known after it', async (t) => {
  const w = await start(t, two);
  await w.watching();
  await w.api.stop();
  await until(() => w.source.error !== undefined, 'ill');
  assert.deepEqual([w.teams(), w.source.synced], ['a=red b=blue', true]);
  w.api.namespaces.set(raw('a', 'green'));
  await w.api.start();
  await until(() => w.teams() === 'a=green b=blue' && w.source.error === undefined, 'the change, and well');
});

test('a right that lacks is told once, with the way out; the first list comes once it is there', async (t) => {
  const w = await start(t, (api) => {
    two(api);
    api.forbidden.add('namespaces');
  });
  await until(() => w.api.requests.length >= 4, 'several tries');
  assert.deepEqual([w.source.synced, w.changes, w.teams()], [false, 0, '']);
  assert.deepEqual(
    w.said.map(({ level }) => level),
    ['error'],
  );
  assert.equal(w.said[0]?.message, 'the namespaces can not be read from the API server');
  assert.match(
    String(w.said[0]?.fields?.error),
    /^list namespaces: HTTP 403: .* list and watch of namespaces \(RBAC\).*rbac-namespaces\.yaml.*--namespace-labels/,
  );
  const [refused] = (await w.metrics.requests.get()).values;
  assert.deepEqual(refused?.labels, { verb: 'list', code: '403', resource: 'namespaces' });
  w.api.forbidden.delete('namespaces');
  await until(() => w.teams() === 'a=red b=blue' && w.source.error === undefined, 'the namespaces, and well');
});

test('of nodes only the own one is asked for, and its status tells nothing', async (t) => {
  const node = (zone: string, name = 'node-1', heartbeat = '1') => ({
    ...raw(name, zone),
    kind: 'Node',
    status: { conditions: [{ type: 'Ready', lastHeartbeatTime: heartbeat }] },
  });
  const own = (world: Follow) => nodeFromApi({ ...world, node: 'node-1' });
  const both = ({ nodes }: ApiServer) => {
    nodes.set(node('here'));
    nodes.set(node('elsewhere', 'node-2'));
  };
  const w = await start(t, both, own);
  await w.watching();
  assert.equal(w.teams(), 'node-1=here');
  for (const { path, query } of w.api.requests)
    assert.deepEqual([path, query.get('fieldSelector')], ['/api/v1/nodes', 'metadata.name=node-1']);
  w.api.nodes.set(node('here', 'node-1', '2'));
  w.api.nodes.set(node('there'));
  await until(() => w.teams() === 'node-1=there', 'the edit');
  assert.equal(w.changes, 2);
});

test('whatever JSON comes, it is metadata or undefined, and never throws', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom('name', 'uid', 'labels', 'annotations'), (value, key) => {
      toMetadata(value, () => true);
      const read = toMetadata({ metadata: { ...raw('a', 'red').metadata, [key]: value } }, () => true);
      if (key !== 'name' && key !== 'uid') assert.equal(read?.name, 'a');
      for (const text of Object.values({ ...read?.labels, ...read?.annotations })) assert.equal(typeof text, 'string');
    }),
  );
});
