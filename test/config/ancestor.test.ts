import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { listAgents, loadAgents } from '../../src/agent/load.ts';
import { agentsToLoad } from '../../src/config/gather.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { disk } from './world.ts';

const root = join(import.meta.dirname, '..', '..');
const places = { builtin: join(root, 'agents'), templates: join(root, 'templates') };
const names = (await listAgents(places)).map(({ name }) => name);
const agents = (await loadAgents(places, names)).map(({ agent }) => agent);

const files = {
  '/key': 'write-key-1\n',
  '/links/': '',
  '/jobs/': '',
  '/etc/scalyr-agent-2/': '',
  '/rules.yaml': 'scalyr_sampling_rules:\n  - { application: shop, value: "[]" }\nsymlink_dir: /links\n',
};
const needed = {
  NODE_NAME: 'other',
  WATCHER_AGENTS: 'scalyr,appdynamics,symlinker',
  WATCHER_SCALYR_API_KEY_FILE: '/key',
  WATCHER_SCALYR_DEST_PATH: '/links',
  WATCHER_APPDYNAMICS_DEST_PATH: '/jobs',
  WATCHER_SYMLINK_DIR: '/links',
};

function read(
  env: Record<string, string>,
  argv: string[] = [],
): Record<string, unknown> & { warnings: readonly string[] } {
  const {
    core,
    agents: values,
    warnings,
  } = parseConfig({ argv, env: { ...needed, ...env }, files: disk(files), agents });
  return { warnings, ...core, ...values };
}

/** A variable of kubernetes-log-watcher 0.x, what is in it, whose option it is, its name and what comes of it. */
const variables: [string, string, string, string, unknown][] = [
  ['WATCHER_CONTAINERS_PATH', '/mnt/containers/', '', 'containers-path', '/mnt/containers/'],
  ['WATCHER_AGENTS', 'Scalyr, AppDynamics,,scalyr,', '', 'agents', ['scalyr', 'appdynamics']],
  ['WATCHER_CLUSTER_ID', 'kube-cluster-1', '', 'cluster-id', 'kube-cluster-1'],
  ['WATCHER_KUBE_URL', 'http://localhost:8001', '', 'kube-url', 'http://localhost:8001'],
  ['WATCHER_STRICT_LABELS', 'application, version', '', 'strict-labels', ['application', 'version']],
  ['WATCHER_INTERVAL', '5', '', 'interval', 5],
  ['WATCHER_DEBUG', 'true', '', 'log-level', 'debug'],
  ['WATCHER_DEBUG', 'false', '', 'log-level', 'info'],
  ['LOGLEVEL', 'WARNING', '', 'log-level', 'warn'],
  ['LOGLEVEL', 'critical', '', 'log-level', 'error'],
  ['LOGLEVEL', 'Debug', '', 'log-level', 'debug'],
  ['WATCHER_KUBERNETES_UPDATE_CERTIFICATES', 'true', '', 'kubernetes-update-certificates', true],
  ['WATCHER_CONFIG', '/rules.yaml', 'scalyr', 'sampling-rules', [{ application: 'shop', value: '[]' }]],
  ['CLUSTER_NODE_NAME', 'node-1', '', 'node-name', 'node-1'],
  ['CLUSTER_ENVIRONMENT', 'test', '', 'cluster-environment', 'test'],
  ['CLUSTER_ALIAS', 'alias-1', '', 'cluster-alias', 'alias-1'],
  ['SENTRY_DSN', 'https://a@sentry.example.org/1', '', 'sentry-dsn', 'https://a@sentry.example.org/1'],
  ['WATCHER_SCALYR_API_KEY_FILE', '/key', 'scalyr', 'api-key-file', 'write-key-1'],
  ['WATCHER_SCALYR_DEST_PATH', '/jobs', 'scalyr', 'dest-path', '/jobs'],
  ['WATCHER_SCALYR_CONFIG_PATH', '/jobs/agent.json', 'scalyr', 'config-path', '/jobs/agent.json'],
  ['WATCHER_SCALYR_SERVER', 'https://eu.scalyr.com', 'scalyr', 'server', 'https://eu.scalyr.com'],
  ['WATCHER_SCALYR_ENABLE_PROFILING', 'True', 'scalyr', 'enable-profiling', true],
  ['WATCHER_SCALYR_PARSE_LINES_JSON', 'foo=bar, baz', 'scalyr', 'parse-lines-json', ['foo=bar', 'baz']],
  ['WATCHER_SCALYR_JOURNALD', 'true', 'scalyr', 'journald', true],
  ['WATCHER_SCALYR_JOURNALD', 'false', 'scalyr', 'journald', false],
  ['WATCHER_SCALYR_JOURNALD_ATTRIBUTES', '{"a": 1}', 'scalyr', 'journald-attributes', { a: 1 }],
  ['WATCHER_SCALYR_JOURNALD_EXTRA_FIELDS', '{"_UNIT": "u"}', 'scalyr', 'journald-extra-fields', { _UNIT: 'u' }],
  ['WATCHER_SCALYR_JOURNALD_PATH', '/var/log/journald', 'scalyr', 'journald-path', '/var/log/journald'],
  ['WATCHER_SCALYR_JOURNALD_WRITE_RATE', '7', 'scalyr', 'journald-write-rate', 7],
  ['WATCHER_SCALYR_JOURNALD_WRITE_BURST', '8', 'scalyr', 'journald-write-burst', 8],
  ['WATCHER_APPDYNAMICS_DEST_PATH', '/links', 'appdynamics', 'dest-path', '/links'],
  ['WATCHER_SYMLINK_DIR', '/jobs', 'symlinker', 'dir', '/jobs'],
];

for (const [variable, given, agent, option, expected] of variables) {
  test(`${variable}=${given}`, () => {
    const { warnings, ...config } = read({ [variable]: given });
    const values = (agent === '' ? config : config[agent]) as Record<string, unknown>;
    assert.deepEqual(values[option], expected);
    assert.deepEqual(
      warnings.filter((warning) => !warning.includes('deprecated')),
      [],
    );
  });
}

test('the key itself in WATCHER_SCALYR_API_KEY', () => {
  const { scalyr } = read({ WATCHER_SCALYR_API_KEY_FILE: '', WATCHER_SCALYR_API_KEY: ' key-2 ' });
  assert.equal((scalyr as Record<string, unknown>)['api-key-file'], 'key-2');
});

test('symlink_dir in the config file', () => {
  const { symlinker } = read({ WATCHER_SYMLINK_DIR: '', WATCHER_CONFIG: '/rules.yaml' });
  assert.deepEqual(symlinker, { dir: '/links' });
});

test('the short flags', () => {
  const config = read({ WATCHER_AGENTS: '' }, [
    '-v',
    '-c',
    '/c',
    '-a',
    'scalyr',
    '-i',
    'id',
    '-u',
    'http://proxy',
    '--updated-certificates',
  ]);
  const { 'containers-path': path, agents, 'cluster-id': id, 'kube-url': url, debug } = config;
  assert.deepEqual([path, agents, id, url, debug], ['/c', ['scalyr'], 'id', 'http://proxy', true]);
});

test('a config file that is the file of an agent is passed over', () => {
  const path = '/etc/scalyr-agent-2/agent.json';
  const { warnings } = read({ WATCHER_CONFIG: path });
  assert.deepEqual(warnings, [`the config file ${path} is the file that the agent scalyr writes, and so isn't read`]);
});

test('which agents are to be loaded, before their options are known', () => {
  const world = {
    argv: ['watch', '--scalyr-journald', '--nonsense'],
    files: disk({ '/c': 'agents: [Loki]\nsymlink_dir: /x' }),
  };
  const env = { WATCHER_CONFIG: '/c', WATCHER_AGENTS_PATH: '/own' };
  assert.deepEqual(agentsToLoad({ ...world, env }), { names: ['loki'], outside: ['/own'] });
  assert.deepEqual(agentsToLoad({ ...world, env: { WATCHER_AGENTS: 'a, b' } }), { names: ['a', 'b'], outside: [] });
  assert.deepEqual(agentsToLoad({ ...world, env: { WATCHER_CONFIG: '/gone' } }), { names: [], outside: [] });
});
