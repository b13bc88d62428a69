// Fluent Bit itself beside the watcher's own process, on a made-up node: manifests/fluent-bit/fluent-bit.yaml as it is but
// for the paths, the port and the receiver, which is standard output here.
import assert from 'node:assert/strict';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { parse, stringify } from 'yaml';
import { until } from '../support/program.ts';
import { freePort } from '../support/port.ts';
import { createWorld } from '../support/world.ts';
import { rotateWhileDown } from './support/rotated.ts';
import { installed, startShipper } from './support/shipper.ts';

const program = process.env['E2E_FLUENT_BIT'] ?? 'fluent-bit';
const hostile = '${SECRET} ${D}{SECRET} } ${X:-y} $SECRET a"b\'c\n\\ \u2028 😀 {{x}} #{1} __TAG__';
/** What arrives of it: there is no escape for a variable. */
const harmless = hostile.replaceAll('${', '$ {');

interface Own {
  service: Record<string, unknown>;
  includes: string[];
  pipeline: { outputs: Record<string, unknown>[] };
}

async function setUp(t: TestContext) {
  if (!installed(t, program, ['--version'], 'put it on the PATH, or name it by E2E_FLUENT_BIT')) return undefined;
  const world = await createWorld(t, { agents: ['fluent-bit'] });
  const at = (name: string) => join(world.root, name);
  const shared = join(world.shipper, 'fluent-bit');
  for (const path of [shared, at('positions')]) await mkdir(path);
  const port = await freePort();
  const own = parse(
    await readFile(join(import.meta.dirname, '../../manifests/fluent-bit/fluent-bit.yaml'), 'utf8'),
  ) as Own;
  own.service['http_port'] = port;
  own.includes = own.includes.map((path) => path.replace('/shared/fluent-bit', shared));
  own.pipeline.outputs = [{ name: 'stdout', match: 'container.*', format: 'json_lines' }];
  await writeFile(at('fluent-bit.yaml'), stringify(own));
  const env = {
    WATCHER_FLUENT_BIT_DEST_PATH: shared,
    WATCHER_FLUENT_BIT_DB_PATH: at('positions'),
    WATCHER_FLUENT_BIT_LABELS: 'note',
    WATCHER_FLUENT_BIT_PARSERS: 'json',
    WATCHER_FLUENT_BIT_RELOAD_URL: `http://127.0.0.1:${port}/api/v2/reload`,
    WATCHER_FLUENT_BIT_PROGRAM: program,
  };
  const start = () => {
    const shipper = startShipper(t, program, ['-c', at('fluent-bit.yaml')], { env: { SECRET: 'CANARY', D: '$' } });
    const arrived = () =>
      shipper
        .output()
        .split('\n')
        .filter((line) => line.startsWith('{"date"'))
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    return { ...shipper, arrived, of: (pod: string) => arrived().filter((record) => record['pod'] === pod) };
  };
  return { world, env, start };
}

test('lines arrive with their attributes, and those of a later container without a restart', async (t) => {
  const setup = await setUp(t);
  if (!setup) return;
  const { world, env, start } = setup;
  const docker = await world.pod('first', { runtime: 'docker', labels: { note: hostile } });
  await world.node.write(docker.container, ['before', 'a "quoted" ${line} \\']);
  const long = 'x'.repeat(16_384);
  const part = (log: string) => `${JSON.stringify({ log, stream: 'stdout', time: new Date().toISOString() })}\n`;
  await appendFile(docker.container.log, part(long) + part(`${long}y\n`));
  const watcher = await world.startReady(env);
  const shipper = start();
  await until('the first lines', () => shipper.of('first').length === 3, 90_000).catch((error: Error) => {
    throw new Error(shipper.output(), { cause: error });
  });
  const [first, second, joined] = shipper.of('first');
  assert.deepEqual(
    [first, second, joined].map((record) => record?.['log']),
    ['before\n', 'a "quoted" ${line} \\\n', `${long}${long}y\n`],
  );
  for (const [name, value] of Object.entries({ application: 'first', namespace: 'default', container: 'main' }))
    assert.equal(first?.[name], value);
  assert.deepEqual([first?.['note'], first?.['stream']], [harmless, 'stdout']);

  const cri = await world.pod('second', {
    labels: { note: `${hostile} too` },
    annotations: {
      'kubernetes-log-watcher/multiline-start': '^[^ ${]',
      'kubernetes-log-watcher/parser': 'json',
      'kubernetes-log-watcher/attributes': JSON.stringify({ team: hostile }),
    },
  });
  await world.node.write(cri.container, ['one', '  and more of it', '{"level":"info","application":"other"}', 'three']);
  await until('the lines of the second', () => shipper.of('second').length >= 2, 90_000).catch((error: Error) => {
    throw new Error(shipper.output() + JSON.stringify(watcher.lines.slice(-5)), { cause: error });
  });
  await world.node.rotate(cri.container);
  await world.node.write(cri.container, ['after the rotation']);
  await until('the line after', () => shipper.of('second').some(({ log }) => log === 'after the rotation'), 90_000);
  const later = shipper.of('second');
  assert.deepEqual(
    later.map(({ log }) => log),
    ['one\n  and more of it\n{"level":"info","application":"other"}', 'three', 'after the rotation'],
  );
  for (const record of later) {
    assert.deepEqual(
      [record['note'], record['team']],
      [`${hostile} too`, hostile].map((x) => x.replaceAll('${', '$ {')),
    );
    assert.equal(record['application'], 'second');
  }
  await until(
    'a confirmed reload',
    async () => ((await watcher.metric('logwatch_reloads_total{agent="fluent-bit",result="ok"}')) ?? 0) >= 1,
  );
  // The reload has sent nothing twice, and nobody was told Fluent Bit's own variable.
  assert.equal(shipper.arrived().length, 6);
  assert.doesNotMatch(shipper.output(), /CANARY/);
  assert.equal(shipper.child.exitCode, null);
});

test('a reload with the parser of a hint that Fluent Bit lacks does not end it', async (t) => {
  const setup = await setUp(t);
  if (!setup) return;
  const { world, env, start } = setup;
  await world.pod('first', {});
  const watcher = await world.startReady(env);
  const shipper = start();
  await until('its start', () => shipper.output().includes('[output:stdout'), 90_000);
  const { container } = await world.pod('second', { annotations: { 'kubernetes-log-watcher/parser': 'unknown' } });
  await world.node.write(container, ['one']);
  await until('the line', () => shipper.of('second').length === 1, 90_000);
  assert.deepEqual([shipper.of('second')[0]?.['parser'], shipper.child.exitCode], ['unknown', null]);
  await watcher.passes();
});

test('what was written and rotated while it was down arrives, and nothing twice', async (t) => {
  const setup = await setUp(t);
  if (setup) await rotateWhileDown(setup);
});
