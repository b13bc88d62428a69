import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import manifest from '../../package.json' with { type: 'json' };
import { againstPolicy, objectsIn, podOf, type Thing } from './objects.ts';

const folder = join(import.meta.dirname, '../../manifests');
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => /\.ya?ml$/.test(file));
const plain = files.filter((file) => !file.startsWith('helm/') && !file.endsWith('compose.yaml'));
const read = (file: string) => objectsIn(readFileSync(join(folder, file), 'utf8'));
const kustomizations = files.filter((file) => file.endsWith('kustomization.yaml')).map((file) => join(file, '..'));
const shippers = kustomizations.filter((name) => existsSync(join(folder, name, 'sidecar.yaml')));

/** A folder's objects with its patch, as far as containers go, for where there is no kubectl. */
function whole(name: string): Thing[] {
  return readdirSync(join(folder, name))
    .filter((file) => file.endsWith('.yaml') && !['kustomization.yaml', 'patch.yaml'].includes(file))
    .flatMap((file) => read(join(name, file)))
    .filter(({ kind }) => Boolean(kind));
}

test('every manifest parses, and every kustomization has a list of what there is', () => {
  assert.ok(plain.length > 30, String(plain.length));
  for (const file of plain) assert.doesNotThrow(() => read(file), file);
  for (const name of kustomizations) {
    const [{ resources = [], patches = [], configMapGenerator = [] } = {}] = read(
      join(name, 'kustomization.yaml'),
    ) as unknown as {
      resources?: string[];
      patches?: { path?: string }[];
      configMapGenerator?: { files?: string[] }[];
    }[];
    const named = [
      ...resources,
      ...patches.flatMap(({ path }) => path ?? []),
      ...configMapGenerator.flatMap(({ files = [] }) => files),
    ];
    for (const path of named.map((one) => one.replace(/^.*=/, '')))
      assert.ok(existsSync(join(folder, name, path)), `${name} names ${path}`);
  }
});

test("one version of the image in all of them, package.json's", () => {
  const images = plain.flatMap((file) =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(/image: (kube-log-watcher\S*)/g)].map(([, image]) => image),
  );
  assert.ok(images.length >= 3);
  assert.deepEqual([...new Set(images)], [`kube-log-watcher:${manifest.version}`]);
});

test('what each shipper adds, and everything else, keeps to the rules', () => {
  const wrong = ['watch', 'serve', 'counter', 'tour'].flatMap((name) => whole(name)).flatMap(againstPolicy);
  assert.deepEqual(wrong, []);
  for (const name of shippers) {
    const [patch] = read(join(name, 'sidecar.yaml'));
    const [, added] = podOf(patch as Thing)?.containers ?? [];
    const problems = [
      'may write to its root',
      'may gain privileges',
      'has capabilities',
      'has no bounds',
      'of no version',
    ];
    const found = againstPolicy(patch as Thing).filter((line) => line.includes(added?.name ?? ''));
    for (const problem of problems)
      assert.ok(!found.some((line) => line.includes(problem)), `${name}: ${found.join()}`);
  }
});

test('a shipper finds the logs where the watcher does, and reads what is written for it', () => {
  for (const name of shippers) {
    const [patch] = read(join(name, 'sidecar.yaml'));
    const pod = podOf(patch as Thing);
    const [watcher, shipper] = pod?.containers ?? [];
    const agent = watcher?.env?.find((one) => one.name === 'WATCHER_AGENTS')?.value ?? '';
    const mount = (of: typeof shipper, volume: string) => of?.volumeMounts?.find((one) => one.name === volume);
    assert.equal(mount(shipper, 'pods')?.mountPath, '/var/log/pods', name);
    assert.equal(mount(shipper, 'docker')?.mountPath, '/var/lib/docker/containers', name);
    assert.equal(mount(shipper, agent)?.readOnly, true, `${name}: ${agent}`);
    const given = watcher?.env?.some((one) =>
      one.name.startsWith(`WATCHER_${agent.toUpperCase().replaceAll('-', '_')}_`),
    );
    assert.ok(given, `${name} says nothing to the agent ${agent}`);
  }
});

test('C-13: one pod a node that may read pods and only reads logs; the store lies below the root of its volume', () => {
  const role = read('watch/rbac.yaml').find(({ kind }) => kind === 'ClusterRole');
  const rules = role?.rules?.filter(({ resources }) => resources.includes('pods')) ?? [];
  assert.ok(rules.length > 0);
  assert.deepEqual(
    role?.rules?.flatMap(({ verbs }) => verbs).filter((verb) => !['get', 'list', 'watch'].includes(verb)),
    [],
  );
  for (const name of ['watch/daemonset.yaml', 'ship/sidecar.yaml', 'ship-alone/daemonset.yaml']) {
    const sets = read(name).filter(({ kind }) => kind === 'DaemonSet');
    assert.equal(sets.length, 1, name);
    const mounts = sets.flatMap((set) => podOf(set)?.containers ?? []).flatMap(({ volumeMounts = [] }) => volumeMounts);
    const logs = mounts.filter(({ mountPath }) => /^\/var\/(log|lib\/docker)\//.test(mountPath));
    assert.ok(logs.length >= 2, name);
    for (const { mountPath, readOnly } of logs) assert.equal(readOnly, true, `${name}: ${mountPath}`);
  }
  const helm = readFileSync(join(folder, 'helm/kube-log-watcher/templates/serve.yaml'), 'utf8');
  const chart = /^ *- (\{ name: data, mountPath.*\})$/m.exec(helm)?.[1] ?? '';
  const [store] = read('serve/statefulset.yaml').flatMap((thing) => podOf(thing)?.containers ?? []);
  const data = store?.volumeMounts?.find(({ name }) => name === 'data');
  assert.deepEqual(data, { name: 'data', mountPath: '/data', subPath: 'logs' });
  assert.deepEqual(objectsIn(chart), [data]);
});

const kubectl = spawnSync('kubectl', ['version', '--client'], { encoding: 'utf8' });
const without = kubectl.status === 0 ? false : 'there is no kubectl here';

test('kustomize builds them, and what comes out keeps to the rules', { skip: without }, () => {
  const builds = kustomizations.map((name) => {
    const built = execFileSync('kubectl', ['kustomize', join(folder, name)], { encoding: 'utf8' });
    return { name, things: objectsIn(built) };
  });
  for (const { name, things } of builds) {
    assert.deepEqual(things.flatMap(againstPolicy), [], name);
    const pods = things.flatMap((thing) => podOf(thing) ?? []);
    assert.ok(pods.length >= 1, name);
    for (const { containers, volumes = [] } of pods)
      for (const { volumeMounts = [] } of containers)
        for (const mount of volumeMounts)
          assert.ok(
            mount.name === 'data' || volumes.some((volume) => volume.name === mount.name),
            `${name}: nothing is called ${mount.name}`,
          );
    if (!shippers.includes(name) || ['alloy', 'promtail'].includes(name)) continue;
    assert.ok(!JSON.stringify(things).includes('LOKI'), `${name} still has the agent of the base`);
  }
});

test('the rules tell all that is against them', () => {
  const bad: Thing = {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'bad' },
    rules: [{ apiGroups: ['*'], resources: ['pods'], verbs: ['list'] }],
    spec: {
      template: {
        metadata: {},
        spec: {
          hostNetwork: true,
          containers: [
            {
              name: 'one',
              image: 'one:latest',
              ports: [{ containerPort: 80, hostPort: 80 }],
              volumeMounts: [{ name: 'root', mountPath: '/host' }],
              securityContext: { privileged: true, capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } },
            },
          ],
          volumes: [{ name: 'root', hostPath: { path: '/' } }],
        },
      },
    },
  };
  assert.deepEqual(
    againstPolicy(bad).map((line) => line.replace(/^DaemonSet bad: (container one )?/, '')),
    [
      'may do more than read',
      "shares the host's namespaces",
      'no seccomp profile',
      'is privileged',
      'may write to its root',
      'may gain privileges',
      'has capabilities',
      'has no bounds',
      'has an image of no version',
      'takes a port of the host',
      'may write to /',
      'sees / of the node at /host',
    ],
  );
});
