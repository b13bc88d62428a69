// rsyslog itself beside the watcher's own process, on a made-up node: manifests/rsyslog/rsyslog.conf as it is but for the
// paths and the receiver, which is a file here.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { until } from '../support/program.ts';
import { createWorld } from '../support/world.ts';
import { installed, startShipper } from './support/shipper.ts';

interface Entry {
  metadata: { filename: string };
  k8s?: { attributes: Record<string, string>; parser?: string };
  stream: string;
  part?: string;
  log: string;
  json?: unknown;
}

const hostile = 'a"b\'c\n\\ $!all-json %msg% %$!% ${HOME} $HOME {{x}} `id` $(id) \u2028 \u0001 😀 "}]}';
const send = /^ {2}action\(type="omfwd".*$/m;

/** rsyslog's configuration with paths below a directory, the watcher's world and what has arrived so far. */
async function setUp(t: TestContext) {
  if (!installed(t, 'rsyslogd', ['-v'], 'apt-get install rsyslog')) return undefined;
  const world = await createWorld(t, { agents: ['rsyslog'] });
  const at = (name: string) => join(world.root, name);
  const shared = join(world.shipper, 'rsyslog');
  for (const path of [shared, at('positions')]) await mkdir(path);
  const manifest = await readFile(join(import.meta.dirname, '../../manifests/rsyslog/rsyslog.conf'), 'utf8');
  assert.match(manifest, send);
  const moved = manifest.replaceAll('/shared/rsyslog', shared).replaceAll('/var/lib/rsyslog', at('positions'));
  await writeFile(at('sending.conf'), moved);
  await writeFile(
    at('rsyslog.conf'),
    moved.replace(send, `  action(type="omfile" file="${at('out')}" template="record")`),
  );
  const env = {
    WATCHER_RSYSLOG_DEST_PATH: shared,
    WATCHER_RSYSLOG_LABELS: 'note',
    WATCHER_RSYSLOG_PID_FILE: at('pid'),
  };
  const start = () => startShipper(t, 'rsyslogd', ['-n', '-i', at('pid'), '-f', at('rsyslog.conf')]);
  const arrived = async () => {
    const text = await readFile(at('out'), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      return '';
    });
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Entry);
  };
  const of = async (pod: string) => (await arrived()).filter((one) => one.k8s?.attributes['pod'] === pod);
  return { world, at, shared, env, start, arrived, of };
}

test('rsyslog finds nothing wrong with its configuration, with and without a container', async (t) => {
  const setup = await setUp(t);
  if (!setup) return;
  const { world, at, env } = setup;
  const check = () => {
    const { status, stderr } = spawnSync('rsyslogd', ['-N1', '-f', at('sending.conf')], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    assert.doesNotMatch(stderr, /error|could not/i);
  };
  const watcher = await world.startReady(env);
  check();
  await world.pod('shop', { labels: { note: hostile } });
  await until('the link', async () => Object.keys(await world.tree()).some((path) => path.endsWith('.cri.log')));
  await watcher.passes();
  check();
});

test('lines arrive with their attributes, and those of a later container without a restart', async (t) => {
  const setup = await setUp(t);
  if (!setup) return;
  const { world, env, start, arrived, of } = setup;
  const docker = await world.pod('first', { runtime: 'docker', labels: { note: hostile } });
  await world.node.write(docker.container, ['before', 'a "quoted" line \\ %msg%']);
  await world.startReady(env);
  const rsyslog = start();
  await until('the first lines', async () => (await of('first')).length === 2, 90_000);
  const [first, second] = await of('first');
  assert.deepEqual([first?.log, first?.stream], ['before\n', 'stdout']);
  assert.equal(second?.log, 'a "quoted" line \\ %msg%\n');
  const { attributes = {} } = first?.k8s ?? {};
  assert.equal(attributes['application'], 'first');
  assert.equal(attributes['namespace'], 'default');
  assert.equal(attributes['container'], 'main');
  assert.equal(attributes['note'], hostile);

  const cri = await world.pod('second', {
    labels: { note: `${hostile} too` },
    annotations: {
      'kubernetes-log-watcher/attributes': JSON.stringify({ team: hostile }),
      'kubernetes-log-watcher/parser': 'json',
    },
  });
  await world.node.write(cri.container, ['{"level":"info"}', '  two  spaces']);
  await until('the lines of the second', async () => (await of('second')).length === 2, 90_000);
  const later = await of('second');
  assert.deepEqual(later.map(({ log }) => log).toSorted(), ['  two  spaces', '{"level":"info"}']);
  assert.deepEqual(later.find(({ log }) => log.startsWith('{'))?.json, { level: 'info' });
  for (const { k8s, part, stream } of later) {
    assert.equal(k8s?.attributes['team'], hostile);
    assert.deepEqual([k8s?.attributes['note'], part, stream], [`${hostile} too`, 'F', 'stdout']);
  }

  await world.node.rotate(cri.container);
  await world.node.write(cri.container, ['after the rotation']);
  await until('the line after', async () => (await of('second')).length === 3, 90_000);
  assert.equal((await arrived()).length, 5);
  assert.equal(rsyslog.child.exitCode, null);
});
