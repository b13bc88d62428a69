// Fluentd itself beside the watcher's own process, on a made-up node: manifests/fluentd/fluent.conf as it is but for the
// paths, the port and the receiver, which is standard output here.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { until } from '../support/program.ts';
import { freePort } from '../support/port.ts';
import { createWorld } from '../support/world.ts';
import { rotateWhileDown } from './support/rotated.ts';
import { installed, startShipper } from './support/shipper.ts';

const program = process.env['E2E_FLUENTD'] ?? 'fluentd';
const hostile = '${hostname} ${record["log"]} __HOSTNAME__ _____ #{ENV["SECRET"]} a"b\'c\n\\ \u2028 😀 {{x}} # x';
/** What arrives of it: there is no escape for what record_transformer expands. */
const harmless = hostile.replaceAll('${', '$ {').replace('__HOSTNAME__ _____', '_ _HOSTNAME_ _ _ _ _ _ _');

interface Entry {
  log: string;
  stream: string;
  k8s: Record<string, string>;
  json?: Record<string, unknown>;
}

async function setUp(t: TestContext) {
  if (!installed(t, program, ['--version'], 'put it on the PATH, or name it by E2E_FLUENTD')) return undefined;
  const world = await createWorld(t, { agents: ['fluentd'] });
  const at = (name: string) => join(world.root, name);
  const shared = join(world.shipper, 'fluentd');
  for (const path of [shared, at('positions')]) await mkdir(path);
  const port = await freePort();
  const manifest = await readFile(join(import.meta.dirname, '../../manifests/fluentd/fluent.conf'), 'utf8');
  const match = /^ {2}<match \*\*>.*?^ {2}<\/match>/ms;
  assert.match(manifest, match);
  const own = manifest
    .replaceAll('/shared/fluentd', shared)
    .replace('24444', String(port))
    .replace(match, '<match **>\n@type stdout\n<format>\n@type json\n</format>\n</match>');
  await writeFile(at('fluent.conf'), own);
  const env = {
    WATCHER_FLUENTD_DEST_PATH: shared,
    WATCHER_FLUENTD_POS_PATH: at('positions'),
    WATCHER_FLUENTD_LABELS: 'note',
    WATCHER_FLUENTD_RELOAD_URL: `http://127.0.0.1:${port}/api/config.gracefulReload`,
    WATCHER_FLUENTD_PROGRAM: program,
  };
  const start = () => {
    const shipper = startShipper(t, program, ['-c', at('fluent.conf')], { env: { SECRET: 'CANARY' } });
    const arrived = () =>
      shipper
        .output()
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Entry);
    return { ...shipper, arrived, of: (pod: string) => arrived().filter(({ k8s }) => k8s['pod'] === pod) };
  };
  return { world, env, start };
}

test('lines arrive with their attributes, and those of a later container without a restart', async (t) => {
  const setup = await setUp(t);
  if (!setup) return;
  const { world, env, start } = setup;
  const docker = await world.pod('first', { runtime: 'docker', labels: { note: hostile } });
  await world.node.write(docker.container, ['before', 'a "quoted" ${line} \\']);
  const watcher = await world.startReady(env);
  const shipper = start();
  await until('the first lines', () => shipper.of('first').length === 2, 90_000).catch((error: Error) => {
    throw new Error(shipper.output(), { cause: error });
  });
  const [first, second] = shipper.of('first');
  assert.deepEqual([first?.log, second?.log], ['before\n', 'a "quoted" ${line} \\\n']);
  for (const [name, value] of Object.entries({ application: 'first', namespace: 'default', container: 'main' }))
    assert.equal(first?.k8s[name], value);
  assert.deepEqual([first?.k8s['note'], first?.stream], [harmless, 'stdout']);

  const cri = await world.pod('second', {
    labels: { note: `${hostile} too` },
    annotations: {
      'kubernetes-log-watcher/parser': 'json',
      'kubernetes-log-watcher/attributes': JSON.stringify({ team: hostile }),
    },
  });
  await world.node.write(cri.container, ['one', '{"level":"info","k8s":"other"}']);
  await until('the lines of the second', () => shipper.of('second').length === 2, 90_000).catch((error: Error) => {
    throw new Error(shipper.output() + JSON.stringify(watcher.lines.slice(-5)), { cause: error });
  });
  await world.node.rotate(cri.container);
  await world.node.write(cri.container, ['after the rotation']);
  await until('the line after', () => shipper.of('second').length === 3, 90_000);
  const later = shipper.of('second');
  assert.deepEqual(
    later.map(({ log }) => log),
    ['one', '{"level":"info","k8s":"other"}', 'after the rotation'],
  );
  assert.deepEqual(later[1]?.json, { level: 'info', k8s: 'other' });
  for (const { k8s } of later) assert.deepEqual([k8s['note'], k8s['team']], [`${harmless} too`, harmless]);
  await until(
    'a confirmed reload',
    async () => ((await watcher.metric('logwatch_reloads_total{agent="fluentd",result="ok"}')) ?? 0) >= 1,
  );
  assert.equal(shipper.arrived().length, 5);
  assert.doesNotMatch(JSON.stringify(shipper.arrived()), /CANARY/);
  assert.equal(shipper.child.exitCode, null);
});

test('what was written and rotated while it was down arrives, and nothing twice', async (t) => {
  const setup = await setUp(t);
  if (setup) await rotateWhileDown(setup);
});

test('with fluent-plugin-concat parts of a line are joined, and lines by the hint', async (t) => {
  const setup = await setUp(t);
  if (!setup) return;
  const { world, env, start } = setup;
  const probe = join(world.root, 'concat.conf');
  await writeFile(probe, '<filter x>\n@type concat\nkey log\nn_lines 2\n</filter>\n');
  if (spawnSync(program, ['--dry-run', '-c', probe]).status !== 0) return t.skip('fluent-plugin-concat is not here');
  const annotations = { 'kubernetes-log-watcher/multiline-start': '^[^ ${]|\\__TAG__' };
  const docker = await world.pod('first', { runtime: 'docker', annotations });
  const cri = await world.pod('second', { annotations });
  const long = 'x'.repeat(16_384);
  const time = new Date().toISOString();
  const json = (log: string) => `${JSON.stringify({ log, stream: 'stdout', time })}\n`;
  await appendFile(docker.container.log, [long, `${long}y\n`, '  more\n', 'next\n'].map(json).join(''));
  const lines = [`P ${long}`, `F ${long}y`, 'F   more', 'F next'];
  await appendFile(cri.container.log, lines.map((line) => `${time} stdout ${line}\n`).join(''));
  await world.startReady({ ...env, WATCHER_FLUENTD_CONCAT: 'true' });
  const shipper = start();
  await until('the lines', () => shipper.arrived().length >= 4, 90_000).catch((error: Error) => {
    throw new Error(shipper.output(), { cause: error });
  });
  assert.deepEqual(
    shipper.of('first').map(({ log }) => log),
    [`${long}${long}y\n  more\n`, 'next\n'],
  );
  assert.deepEqual(
    shipper.of('second').map(({ log }) => log),
    [`${long}${long}y\n  more`, 'next'],
  );
});
