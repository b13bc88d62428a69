// A DaemonSet of the Python kubernetes-log-watcher whose image is changed, and nothing else; then the role.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { roles } from '../../src/kubernetes/rbac.ts';
import { pod } from './support/objects.ts';
import { buildImage } from './support/release.ts';
import { openTestbed, skip, type Testbed } from './support/testbed.ts';
import { until } from './support/until.ts';

const left = { api_key: 'old', logs: [{ path: '/mnt/scalyr-logs/gone/old-v0.log' }] };

/** As its README has it, with all of its agents; a node of the test bed has nothing of its own but /var/log. */
function daemonSet(name: string) {
  const busybox = { image: 'busybox:1.35', imagePullPolicy: 'IfNotPresent' };
  const mount = (volume: string, mountPath: string, readOnly = false) => ({ name: volume, mountPath, readOnly });
  const host = (volume: string, path = `/var/log/${name}/${volume}`) => ({
    name: volume,
    hostPath: { path, type: 'DirectoryOrCreate' },
  });
  const env = {
    WATCHER_DEBUG: 'true',
    WATCHER_CLUSTER_ID: 'kubernetes-cluster-1',
    CLUSTER_ALIAS: 'kube-1',
    CLUSTER_ENVIRONMENT: 'production',
    WATCHER_AGENTS: 'scalyr,appdynamics,symlinker',
    WATCHER_INTERVAL: '5',
    WATCHER_CONFIG: '/mnt/scalyr-config/agent.json',
    WATCHER_STRICT_LABELS: 'application',
    WATCHER_SCALYR_API_KEY_FILE: '/mnt/secrets/key',
    WATCHER_SCALYR_DEST_PATH: '/mnt/scalyr-logs',
    WATCHER_SCALYR_CONFIG_PATH: '/mnt/scalyr-config/agent.json',
    WATCHER_SCALYR_PARSE_LINES_JSON: 'shop-json',
    WATCHER_SCALYR_JOURNALD: 'true',
    WATCHER_APPDYNAMICS_DEST_PATH: '/mnt/appdynamics',
    WATCHER_SYMLINK_DIR: '/mnt/links',
  };
  const variables = Object.entries(env).map(([key, value]) => ({ name: key, value }));
  const nodeName = { name: 'CLUSTER_NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } };
  const seed = `[ -f /mnt/scalyr/agent.json ] || echo '${JSON.stringify(left)}' > /mnt/scalyr/agent.json`;
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name },
    spec: {
      selector: { matchLabels: { application: name } },
      template: {
        metadata: { labels: { application: name, version: 'v0.42' } },
        spec: {
          serviceAccountName: name,
          terminationGracePeriodSeconds: 5,
          nodeSelector: { 'testbed/runtime': 'docker' },
          initContainers: [
            {
              name: 'init-scalyr-config',
              ...busybox,
              command: ['sh', '-c', seed],
              volumeMounts: [mount('scalyr-config', '/mnt/scalyr')],
            },
          ],
          containers: [
            {
              name: 'log-watcher',
              image: 'kubernetes-log-watcher:0.42',
              imagePullPolicy: 'IfNotPresent',
              env: [nodeName, ...variables],
              volumeMounts: [
                mount('containerlogs', '/mnt/containers', true),
                mount('scalyr-logs', '/mnt/scalyr-logs'),
                mount('scalyr-config', '/mnt/scalyr-config'),
                mount('appdynamics', '/mnt/appdynamics'),
                mount('links', '/mnt/links'),
                mount('key', '/mnt/secrets', true),
              ],
            },
            {
              name: 'scalyr-agent',
              ...busybox,
              command: ['sleep', '100000'],
              volumeMounts: [
                mount('containerlogs', '/mnt/containers', true),
                mount('scalyr-logs', '/mnt/scalyr-logs', true),
                mount('scalyr-config', '/etc/scalyr-agent-2', true),
                mount('appdynamics', '/opt/appdynamics', true),
                mount('links', '/mnt/links', true),
              ],
            },
          ],
          volumes: [
            host('containerlogs', '/var/lib/docker/containers'),
            ...['scalyr-config', 'scalyr-logs', 'appdynamics', 'links'].map((volume) => host(volume)),
            { name: 'key', secret: { secretName: name } },
          ],
        },
      },
    },
  };
}

interface Configuration {
  api_key: string;
  server_attributes: Record<string, string>;
  logs: { path: string; parse_lines_as_json?: boolean; attributes: Record<string, string> }[];
  monitors: unknown[];
}

describe('the DaemonSet of the Python kubernetes-log-watcher', { skip }, () => {
  const name = `e2e-${randomBytes(4).toString('hex')}`;
  let testbed: Testbed;
  const kubectl = (...args: string[]) => testbed.kubectl(['-n', name, ...args]);
  const apply = (...items: object[]) =>
    testbed.kubectl(['apply', '-n', name, '-f', '-'], { apiVersion: 'v1', kind: 'List', items });
  /** Runs a command where the Scalyr agent would. */
  const beside = (...command: string[]) => kubectl('exec', `daemonset/${name}`, '-c', 'scalyr-agent', '--', ...command);
  const configuration = async () => JSON.parse(await beside('cat', '/etc/scalyr-agent-2/agent.json')) as Configuration;
  const entry = async (application: string) =>
    (await configuration()).logs.find(({ attributes }) => attributes?.['application'] === application);

  before(async () => {
    testbed = await openTestbed();
    const image = await buildImage(testbed);
    await testbed.kubectl(['create', 'namespace', name]);
    const apiVersion = 'rbac.authorization.k8s.io/v1';
    // What it needed: one pod at a time.
    const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }];
    const subjects = [{ kind: 'ServiceAccount', name, namespace: name }];
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: `${name}-old` };
    const shop = pod('shop', 'docker', { labels: { application: 'shop', version: 'v1', appdynamics_app: 'Shop' } });
    const annotation = JSON.stringify([{ container: 'main', parser: 'shop-json' }]);
    await apply(
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } },
      { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: { key: 'the-key\n' } },
      { apiVersion, kind: 'ClusterRole', metadata: { name: `${name}-old` }, rules },
      { apiVersion, kind: 'ClusterRoleBinding', metadata: { name: `${name}-old` }, roleRef, subjects },
      {
        ...shop,
        metadata: { ...shop.metadata, annotations: { 'kubernetes-log-watcher/scalyr-parser': annotation } },
      },
      pod('unlabelled', 'docker', { labels: { name: 'unlabelled' } }),
      daemonSet(name),
    );
    await kubectl('wait', '--for=condition=Ready', 'pod/shop', 'pod/unlabelled', '--timeout=300s');
    await kubectl('set', 'image', `daemonset/${name}`, `log-watcher=${image}`);
    await kubectl('rollout', 'status', `daemonset/${name}`, '--timeout=300s');
  });
  after(async () => {
    await testbed.kubectl(['delete', 'namespace', name]);
    const roles = ['', '-old'].flatMap((end) => [`clusterrole/${name}${end}`, `clusterrolebinding/${name}${end}`]);
    await testbed.kubectl(['delete', '--ignore-not-found', ...roles]);
    await testbed.run('docker', ['rm', '-rf', `/var/log/${name}`]);
    await testbed.close();
  });

  it('leaves what is there as it is until it has its role, and says which it lacks', async () => {
    await until('a word of the role', async () => {
      const log = await kubectl('logs', `daemonset/${name}`, '-c', 'log-watcher');
      return log.includes('the role of the service account must allow list and watch of pods');
    });
    assert.deepEqual(await configuration(), left);
  });

  it('feeds the Scalyr agent, by the same paths', async () => {
    await testbed.kubectl(['apply', '-f', '-'], {
      apiVersion: 'v1',
      kind: 'List',
      items: roles(['pods'], { name, namespace: name }),
    });
    const shop = await until('the entry of the shop', () => entry('shop'));
    assert.match(shop.path, /^\/mnt\/scalyr-logs\/[0-9a-f]{64}\/shop-v1\.log$/);
    assert.equal(shop.parse_lines_as_json, true);
    const { container, namespace, pod, parser, version } = shop.attributes;
    assert.deepEqual(
      { container, namespace, pod, parser, version },
      { container: 'main', namespace: name, pod: 'shop', parser: 'shop-json', version: 'v1' },
    );
    // Where the shipper follows the link, it finds the log.
    const [line = ''] = (await beside('head', '-n', '1', shop.path)).split('\n');
    assert.equal((JSON.parse(line) as { log: string }).log, 'a line of shop\n');
    const { api_key, server_attributes, monitors } = await configuration();
    assert.equal(api_key, 'the-key');
    assert.equal(server_attributes['serverHost'], 'kubernetes-cluster-1');
    assert.equal(server_attributes['cluster_alias'], 'kube-1');
    assert.equal(server_attributes['node'], 'node-docker');
    assert.equal(monitors.length, 1, 'the journal');
  });

  it('feeds the other two as before, and leaves out what it left out', async () => {
    const { path = '', attributes } = (await entry('shop')) ?? {};
    const id = attributes?.['container_id'] ?? '';
    assert.ok(path.includes(id));
    const job = await beside('cat', `/opt/appdynamics/container-${id}-jobfile.job`);
    for (const text of [
      `nameGlob: ${id}-json.log`,
      `path: /mnt/containers/${id}`,
      'application_id: shop',
      'appName: Shop',
    ])
      assert.ok(job.replaceAll(/["']/g, '').includes(text), `${text}: ${job}`);
    const link = `/mnt/links/${id}/shop/shop/${name}/production/v1/main/shop.log`;
    assert.match(await beside('head', '-n', '1', link), /a line of shop/);
    const pods = (await configuration()).logs.map(({ attributes }) => attributes['pod']);
    assert.ok(!pods.includes('unlabelled'), 'WATCHER_STRICT_LABELS');
  });

  it('takes a new pod in, and reads nothing into the configuration that it writes', async () => {
    await apply(pod('cart', 'docker', { labels: { application: 'cart' } }));
    const cart = await until('the entry of the cart', () => entry('cart'));
    assert.match(cart.path, /\/cart-none\.log$/);
    const log = await kubectl('logs', `daemonset/${name}`, '-c', 'log-watcher');
    assert.match(log, /agent\.json is the file that the agent scalyr writes, and so isn't read/);
    assert.doesNotMatch(log, /the-key/);
  });
});
