// syslog-ng itself beside the watcher's own process, on a made-up node: manifests/syslog-ng/syslog-ng.conf as it is but for
// the paths and the receiver, which is a file here.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { until } from '../support/program.ts';
import { createWorld } from '../support/world.ts';
import { installed, startShipper } from './support/shipper.ts';

interface Entry {
  file: string;
  k8s?: Record<string, string>;
  time?: string;
  stream?: string;
  log: string;
  json?: unknown;
}

const brought = join(import.meta.dirname, '../../.cache/syslog-ng/syslog-ng');
const program = process.env['E2E_SYSLOG_NG'] ?? (existsSync(brought) ? brought : 'syslog-ng');
const hostile = 'a"b\'c\n\\ $HOST ${HOST} $(echo x) `PATH` `` %x \t"));};\n@include "/x"\n# {{x}} \u2028 \u0001 😀';
const hostileExpression = 'card="`id`\'[0-9]+\\$';
const send = /^ {2}network\([^]*?\)\);$/m;
const patience = 60_000;

/** syslog-ng's configuration with paths below a directory, the watcher's world and what has arrived so far. */
async function setUp(t: TestContext) {
  if (!installed(t, program, ['--version'], 'test/e2e/support/syslog-ng.sh brings it')) return undefined;
  const world = await createWorld(t, { agents: ['syslog-ng'] });
  const at = (name: string) => join(world.root, name);
  const shared = join(world.shipper, 'syslog-ng');
  for (const path of [shared, at('state')]) await mkdir(path);
  const manifest = await readFile(join(import.meta.dirname, '../../manifests/syslog-ng/syslog-ng.conf'), 'utf8');
  assert.match(manifest, send);
  const moved = manifest.replaceAll('/shared/syslog-ng', shared).replaceAll('/var/lib/syslog-ng', at('state'));
  await writeFile(at('sending.conf'), moved.replace('logs.logging.svc', '127.0.0.1'));
  await writeFile(
    at('syslog-ng.conf'),
    moved.replace(send, () => `  file("${at('out')}" template(record));`),
  );
  const env = {
    WATCHER_SYSLOG_NG_DEST_PATH: shared,
    WATCHER_SYSLOG_NG_LABELS: 'note',
    WATCHER_SYSLOG_NG_PID_FILE: at('pid'),
    WATCHER_SYSLOG_NG_PROGRAM: program,
  };
  const places = [`--persist-file=${at('state/persist')}`, `--pidfile=${at('pid')}`, `--control=${at('state/ctl')}`];
  const start = () =>
    startShipper(t, program, ['--foreground', '--no-caps', `--cfgfile=${at('syslog-ng.conf')}`, ...places]);
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
  const of = async (pod: string) => (await arrived()).filter((one) => one.k8s?.['pod'] === pod);
  const lines = async (pod: string) => (await of(pod)).map(({ log }) => log);
  return { world, at, shared, env, start, arrived, of, lines };
}

test('syslog-ng finds nothing wrong with its configuration, with and without a container', async (t) => {
  const setup = await setUp(t);
  if (!setup) return;
  const { world, at, env } = setup;
  const check = () => {
    const { status, stderr } = spawnSync(program, ['--syntax-only', '--cfgfile', at('sending.conf')], {
      encoding: 'utf8',
    });
    assert.deepEqual([status, stderr], [0, '']);
  };
  await world.startReady(env);
  check();
  for (const runtime of ['cri', 'docker'] as const)
    await world.pod(`shop-${runtime}`, {
      runtime,
      labels: { note: hostile },
      annotations: { 'kubernetes-log-watcher/redaction': JSON.stringify([{ match: hostileExpression }]) },
    });
  await until('the files', async () => {
    const paths = Object.keys(await world.tree());
    return paths.filter((path) => path.endsWith('.conf')).length === 2;
  });
  check();
});

test('lines arrive with their attributes, and those of a later container without a restart', async (t) => {
  const setup = await setUp(t);
  if (!setup) return;
  const { world, env, start, arrived, of, lines } = setup;
  const docker = await world.pod('first', { runtime: 'docker', labels: { note: hostile } });
  await world.node.write(docker.container, ['before', 'a "quoted" line \\ $HOST `x`']);
  await world.startReady(env);
  const syslogNg = start();
  await until('the first lines', async () => (await of('first')).length === 2, patience);
  assert.deepEqual(await lines('first'), ['before', 'a "quoted" line \\ $HOST `x`']);
  const [first] = await of('first');
  assert.equal(first?.stream, 'stdout');
  for (const [name, value] of Object.entries({ application: 'first', namespace: 'default', container: 'main' }))
    assert.equal(first.k8s?.[name], value);
  assert.equal(first.k8s?.['note'], hostile);

  const cri = await world.pod('second', {
    labels: { note: `${hostile} too` },
    annotations: {
      'kubernetes-log-watcher/attributes': JSON.stringify({ team: hostile }),
      'kubernetes-log-watcher/parser': 'json',
      'kubernetes-log-watcher/redaction': JSON.stringify([{ match: hostileExpression, replacement: '"`cut`' }]),
    },
  });
  await world.node.write(cri.container, ['{"level":"info","k8s":"other"}', '  two  spaces', 'card="`id`\'123$ x']);
  await until('the lines of the second', async () => (await of('second')).length === 3, patience);
  assert.deepEqual(await lines('second'), ['{"level":"info","k8s":"other"}', '  two  spaces', '"`cut` x']);
  const later = await of('second');
  assert.deepEqual(later[0]?.json, { level: 'info', k8s: 'other' });
  for (const { k8s, stream } of later)
    assert.deepEqual(
      [k8s?.['team'], k8s?.['note'], k8s?.['parser'], stream],
      [hostile, `${hostile} too`, 'json', 'stdout'],
    );

  await world.node.rotate(cri.container);
  await world.node.write(cri.container, ['after the rotation']);
  await until('the line after', async () => (await of('second')).length === 4, patience);
  assert.equal((await arrived()).length, 6);
  assert.equal(syslogNg.child.exitCode, null);
});

test('parts become lines again, apart from what the other stream says between them', async (t) => {
  const setup = await setUp(t);
  if (!setup) return;
  const { world, env, start, of } = setup;
  const cri = await world.pod('cri');
  const docker = await world.pod('docker', { runtime: 'docker' });
  const criLine = (part: string, log: string, stream = 'stdout') => `2026-01-02T03:04:05Z ${stream} ${part} ${log}\n`;
  const long = 'x'.repeat(16_384);
  await appendFile(
    cri.container.log,
    [
      criLine('P', `${long} stderr F `) + criLine('P', long) + criLine('F', 'end'),
      criLine('P', 'one, ') + criLine('F', 'error', 'stderr') + criLine('F', 'two'),
      'no such line\n',
      criLine('F', 'last'),
    ].join(''),
  );
  const dockerLine = (log: string, stream = 'stdout') =>
    `${JSON.stringify({ log, stream, time: '2026-01-02T03:04:05Z' })}\n`;
  await appendFile(
    docker.container.log,
    [
      dockerLine(`${long}","stream":"stderr"`) + dockerLine(`${long}\\n`) + dockerLine('end\n'),
      dockerLine('one, ') + dockerLine('error\n', 'stderr') + dockerLine('two\n'),
      'no such line\n',
      dockerLine('last\n'),
    ].join(''),
  );
  await world.startReady(env);
  start();
  for (const [pod, whole] of [
    ['cri', `${long} stderr F ${long}end`],
    ['docker', `${long}","stream":"stderr"${long}\\nend`],
  ] as const) {
    await until(`the last line of ${pod}`, async () => (await of(pod)).at(-1)?.log === 'last', patience);
    const told = (await of(pod)).map(({ stream, log }) => [stream, log]);
    const [first, ...others] = told;
    assert.deepEqual(first, ['stdout', whole]);
    assert.deepEqual(others, [
      ['stdout', 'one, '],
      ['stderr', 'error'],
      ['stdout', 'two'],
      [undefined, 'no such line'],
      ['stdout', 'last'],
    ]);
  }
});

test('nothing is lost or doubled over a stop, and a file that it refuses leaves it as it was', async (t) => {
  const setup = await setUp(t);
  if (!setup) return;
  const { world, at, shared, env, start, lines } = setup;
  const { container } = await world.pod('shop');
  await world.node.write(container, ['one']);
  await writeFile(join(shared, 'notes.txt'), 'not of ours');
  await world.startReady(env);
  const before = start();
  await until('the first line', async () => (await lines('shop')).length === 1, patience);

  await writeFile(join(shared, 'zz-broken.conf'), 'channel { `');
  const hup = async () => process.kill(Number(await readFile(at('pid'), 'utf8')), 'SIGHUP');
  await hup();
  await until('its complaint', () => /error/i.test(before.output()), patience);
  await world.node.write(container, ['two']);
  await until('the second line', async () => (await lines('shop')).length === 2, patience);
  await rm(join(shared, 'zz-broken.conf'));
  await before.stop();

  await world.node.write(container, ['three']);
  await rm(at('pid'), { force: true });
  start();
  await until('the third line', async () => (await lines('shop')).length === 3, patience);
  assert.deepEqual(await lines('shop'), ['one', 'two', 'three']);
});
