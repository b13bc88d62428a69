// The OpenTelemetry Collector itself beside the watcher's own process, on a made-up node: manifests/otel-collector/
// collector.yaml as it is but for directories, ports and the encoding that this file can read.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import * as fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { hostileTargets } from '../agents/hostile.ts';
import { contentOf, oneAgent, render } from '../agents/render.ts';
import { until } from '../support/program.ts';
import { temporaryDirectory } from '../support/tree.ts';
import { freePort } from '../support/port.ts';
import { createWorld } from '../support/world.ts';
import { installed, startShipper } from './support/shipper.ts';

const program = join(import.meta.dirname, '../../.cache/otelcol/otelcol');
const ownPath = join(import.meta.dirname, '../../manifests/otel-collector/collector.yaml');
const hostile =
  '${env:SECRET} $${env:SECRET} $$${file:/etc/passwd} $SECRET EXPR(env("SECRET")) a"b\'c\n\\ \u2028 😀 {{x}}';
/** What arrives of it: there is no escape for an expression. */
const harmless = hostile.replace('EXPR(', 'EXPR (');

interface Entry {
  resource: Record<string, string>;
  body: string;
}

interface Own {
  extensions: { health_check: { endpoint: string }; file_storage: { directory: string } };
  exporters: { otlphttp: Record<string, unknown> };
}

type Values = { key: string; value: { stringValue?: string } }[];
interface Export {
  resourceLogs: {
    resource: { attributes?: Values };
    scopeLogs: { logRecords: { body: { stringValue?: string } }[] }[];
  }[];
}

/** A server to which the collector sends, and what has arrived. */
async function createReceiver(t: TestContext) {
  const arrived: Entry[] = [];
  const server = createServer((request, response) => {
    void json(request).then((sent) => {
      for (const { resource, scopeLogs } of (sent as Export).resourceLogs) {
        const attributes = (resource.attributes ?? []).map(({ key, value }) => [key, value.stringValue ?? ''] as const);
        for (const { body } of scopeLogs.flatMap(({ logRecords }) => logRecords))
          arrived.push({ resource: Object.fromEntries(attributes), body: body.stringValue ?? '' });
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close().closeAllConnections());
  return { arrived, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function setUp(t: TestContext) {
  if (!installed(t, program, ['components'], 'test/e2e/support/otelcol.sh builds it')) return undefined;
  const world = await createWorld(t, { agents: ['otel-collector'] });
  const at = (name: string) => join(world.root, name);
  const { arrived, url } = await createReceiver(t);
  const health = `127.0.0.1:${await freePort()}`;
  await mkdir(join(world.shipper, 'otel'));
  const containers = join(world.shipper, 'otel/containers.yaml');
  const own = parse(await readFile(ownPath, 'utf8')) as Own;
  own.extensions.health_check.endpoint = health;
  own.extensions.file_storage.directory = at('positions');
  own.exporters.otlphttp = { endpoint: url, encoding: 'json', compression: 'none' };
  const telemetry = { telemetry: { metrics: { level: 'none' } } };
  const whole = own as Own & { service: object };
  await writeFile(at('collector.yaml'), stringify({ ...whole, service: { ...whole.service, ...telemetry } }));
  const env = {
    WATCHER_OTEL_COLLECTOR_CONFIG_PATH: containers,
    WATCHER_OTEL_COLLECTOR_LABELS: 'note',
    WATCHER_OTEL_COLLECTOR_PROCESS: `otelcol-${process.pid}`,
    WATCHER_OTEL_COLLECTOR_HEALTH_URL: `http://${health}/`,
    WATCHER_OTEL_COLLECTOR_PROGRAM: program,
    WATCHER_OTEL_COLLECTOR_STATIC_CONFIG: at('collector.yaml'),
  };
  const configs = [`--config=${at('collector.yaml')}`, `--config=${containers}`];
  const validate = () => spawnSync(program, ['validate', ...configs], { encoding: 'utf8' });
  const of = (pod: string) => arrived.filter(({ resource }) => resource['k8s.pod.name'] === pod);
  return { world, env, arrived, configs, validate, of, at };
}

test('the collector finds nothing wrong with the two files, with and without a container', async (t) => {
  const setup = await setUp(t);
  if (!setup) return;
  const { world, env, validate, at } = setup;
  const watcher = await world.startReady({ ...env, WATCHER_OTEL_COLLECTOR_PROCESS: '' });
  const valid = () => {
    const { status, stderr } = validate();
    assert.equal(status, 0, stderr);
  };
  valid();
  await world.pod('shop', { runtime: 'docker', labels: { note: hostile } });
  await world.pod('cart', { labels: { note: hostile, application: hostile } });
  const written = () => readFile(join(world.shipper, 'otel/containers.yaml'), 'utf8');
  await until('both receivers', async () => (await written()).split('"start_at"').length === 3);
  await watcher.passes();
  valid();
  // The same check can fail.
  await writeFile(at('collector.yaml'), 'extensions: { unknown: {} }');
  assert.equal(validate().status, 1);
});

test('of hundreds of hostile pods the collector reads exactly what they say', async (t) => {
  if (!installed(t, program, ['components'], 'test/e2e/support/otelcol.sh builds it')) return;
  const path = join(await temporaryDirectory(t), 'containers.yaml');
  const hints = { attributes: { team: hostile }, multilineStart: '^"$', tenant: hostile };
  const targets = fc
    .sample(hostileTargets, 100)
    .flat()
    .map((target, index) => ({ ...target, id: `id-${index}`, hints }));
  const { outputs } = render(await oneAgent('otel-collector'), targets, { 'config-path': path, labels: ['*'] });
  const content = contentOf(outputs, path);
  await writeFile(path, content);
  const print = ['print-config', '--feature-gates=otelcol.printInitialConfig', '--mode=unredacted', '--format=json'];
  const { status, stdout, stderr } = spawnSync(program, [...print, `--config=${ownPath}`, `--config=${path}`], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  assert.equal(status, 0, stderr.slice(0, 2000));
  const seen = JSON.parse(stdout) as { receivers: object };
  const written = JSON.parse(content.replaceAll('$$', '$')) as { receivers: object };
  assert.equal(Object.keys(seen.receivers).length, targets.length);
  assert.deepEqual(seen.receivers, written.receivers);
});

test('lines arrive with their attributes, and those of a later container without a restart', async (t) => {
  const setup = await setUp(t);
  if (!setup) return;
  const { world, env, arrived, configs, of } = setup;
  const docker = await world.pod('first', { runtime: 'docker', labels: { note: hostile } });
  await world.node.write(docker.container, ['before', 'a "quoted" ${line} \\']);
  const long = 'x'.repeat(16_384);
  const part = (log: string) => `${JSON.stringify({ log, stream: 'stdout', time: new Date().toISOString() })}\n`;
  await appendFile(docker.container.log, part(long) + part(`${long}y\n`));
  const watcher = await world.startReady(env);
  const name = env.WATCHER_OTEL_COLLECTOR_PROCESS;
  const collector = startShipper(t, program, configs, { name, env: { SECRET: 'CANARY' } });
  await until('the first lines', () => of('first').length === 3, 90_000).catch((error: Error) => {
    throw new Error(collector.output(), { cause: error });
  });
  const [first, second, joined] = of('first');
  assert.equal(joined?.body, `${long}${long}y`);
  assert.deepEqual([first?.body, second?.body], ['before', 'a "quoted" ${line} \\']);
  assert.equal(first?.resource['service.name'], 'first');
  assert.equal(first?.resource['k8s.namespace.name'], 'default');
  assert.equal(first?.resource['k8s.container.name'], 'main');
  assert.equal(first?.resource['note'], harmless);

  const cri = await world.pod('second', {
    labels: { note: `${hostile} too` },
    annotations: {
      'kubernetes-log-watcher/multiline-start': '^[^ ]',
      'kubernetes-log-watcher/redaction': JSON.stringify([{ match: 'card=\\d+$', replacement: 'card=<cut>' }]),
      'kubernetes-log-watcher/sampling': JSON.stringify([{ match: '^DEBUG', rate: 0 }]),
      'kubernetes-log-watcher/attributes': JSON.stringify({ team: hostile }),
    },
  });
  await world.node.write(cri.container, ['one', '  and more of it', 'DEBUG', 'two card=17', 'three']);
  await until('the lines of the second', () => of('second').length >= 3, 90_000).catch((error: Error) => {
    throw new Error(collector.output() + JSON.stringify(watcher.lines.slice(-5)), { cause: error });
  });
  assert.deepEqual(
    of('second')
      .map(({ body }) => body)
      .slice(0, 2),
    ['one\n  and more of it', 'two card=<cut>'],
  );
  assert.equal(of('second')[0]?.resource['note'], `${harmless} too`);
  assert.equal(of('second')[0]?.resource['team'], harmless);

  await world.node.rotate(cri.container);
  await world.node.write(cri.container, ['after the rotation']);
  await until('the line after', () => of('second').some(({ body }) => body === 'after the rotation'), 90_000);
  // The reload has sent nothing twice, and nobody was told the collector's own variable.
  assert.deepEqual([of('first').length, of('second').length, arrived.length], [3, 4, 7]);
  assert.doesNotMatch(JSON.stringify(arrived), /CANARY|root:/);
  assert.equal(collector.child.exitCode, null);
  await until(
    'a confirmed reload',
    // The first one may have come true after the collector's start, or been replaced by the second.
    async () => ((await watcher.metric('logwatch_reloads_total{agent="otel-collector",result="ok"}')) ?? 0) >= 1,
  );
  assert.doesNotMatch(collector.output(), /\terror\t|source_identifier/);
});
