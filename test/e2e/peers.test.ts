// Real readers of what we write: the Scalyr agent's own configuration, PyYAML (YAML 1.1) and promtool. They are taken
// from E2E_PYTHON (an interpreter that has scalyr-agent-2 and pyyaml) and from the PATH.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createMetrics } from '../../src/system/metrics.ts';
import { createNode } from '../support/node.ts';
import { makePod } from '../support/pods.ts';
import { temporaryDirectory } from '../support/tree.ts';

const python = process.env['E2E_PYTHON'] ?? 'python3';
const hostile = 'a"b\'c\n\\ ${HOME} {{x}} #{1+1} `id` $(id) %{y} \u2028 😀 yes: no';
const program = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

/** What the watcher writes for a Docker and a CRI container with hostile annotations, below a directory. */
async function written(t: TestContext, ...layout: string[]) {
  const root = await temporaryDirectory(t);
  const node = await createNode(root);
  const pods = (['docker', 'cri'] as const).map((runtime) =>
    makePod({
      name: `shop-${runtime}`,
      uid: `uid-${runtime}`,
      labels: { application: 'shop', version: '2021.05', release: 'on', component: '1e3' },
      annotations: {
        note: hostile,
        'kubernetes-log-watcher/scalyr-parser': JSON.stringify([{ container: 'main', parser: hostile }]),
        'kubernetes-log-watcher/scalyr-redaction-rules': 'no JSON',
      },
    }),
  );
  for (const [at, runtime] of (['docker', 'cri'] as const).entries()) {
    const { name, namespace, uid } = pods[at]!.metadata;
    await node.start({ runtime, pod: { name, namespace, uid }, name: 'main' });
  }
  await writeFile(join(root, 'pods.json'), JSON.stringify({ kind: 'List', items: pods }));
  await writeFile(join(root, 'key'), 'made-up-key\n');
  const places = Object.fromEntries(['links', 'jobs', 'targets'].map((name) => [name, join(root, 'out', name)]));
  for (const path of Object.values(places)) await mkdir(path, { recursive: true });
  const config = join(root, 'out', 'agent.json');
  const flags = [
    ['once'],
    ['agents', 'scalyr,appdynamics,loki'],
    ['pods', join(root, 'pods.json')],
    ['containers-path', node.containers],
    ['pods-path', node.pods],
    ['cluster-id', hostile],
    ['scalyr-api-key-file', join(root, 'key')],
    ['scalyr-dest-path', places['links']],
    ['scalyr-config-path', config],
    ['appdynamics-dest-path', places['jobs']],
    ['loki-dest-path', places['targets']],
    ['loki-labels', '*'],
  ].map(([name, value]) => (value === undefined ? `--${name}` : `--${name}=${value}`));
  const { status, stderr } = spawnSync(process.execPath, [program, ...flags, ...layout], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return { root, config, jobs: places['jobs']!, targets: places['targets']! };
}

function ask(t: TestContext, needs: string, command: string, args: string[], input?: string): string | undefined {
  const known = command === python ? spawnSync(python, ['-c', `import ${needs}`]) : spawnSync(command, ['--version']);
  if (known.status !== 0) {
    t.skip(`${command} with ${needs} is not here: set E2E_PYTHON, or install it`);
    return undefined;
  }
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', input });
  assert.equal(status, 0, stdout + stderr);
  return stdout;
}

const readScalyr = `
import json, sys
from scalyr_agent import scalyr_logging
from scalyr_agent.configuration import Configuration
from scalyr_agent.platform_controller import DefaultPaths
def plain(value):
    if hasattr(value, "to_dict"): return {key: plain(one) for key, one in value.to_dict().items()}
    if isinstance(value, (list, tuple)) or type(value).__name__ == "JsonArray": return [plain(one) for one in value]
    return value
root, path = sys.argv[1:]
config = Configuration(path, DefaultPaths(root, path, root), scalyr_logging.getLogger('scalyr_agent'))
config.parse()
logs = [plain(log) for log in config.log_configs if "shop" in str(log)]
print(json.dumps(logs))
`;

for (const layout of ['agent.json', 'agent.d']) {
  test(`the Scalyr agent reads its configuration, layout ${layout}`, async (t) => {
    const { root, config } = await written(t, `--scalyr-layout=${layout}`);
    const answer = ask(t, 'scalyr_agent', python, ['-c', readScalyr, root, config]);
    if (answer === undefined) return;
    const logs = JSON.parse(answer) as { path: string; attributes: Record<string, string>; parse_format: string }[];
    assert.equal(logs.length, 2);
    for (const { attributes } of logs) assert.equal(attributes['parser'], hostile);
    assert.deepEqual(logs.map(({ parse_format }) => parse_format).sort(), ['cri', 'raw']);
  });
}

test('job files are strings all the way in YAML 1.1', async (t) => {
  const { jobs } = await written(t);
  const files = (await readdir(jobs)).filter((file) => file.endsWith('.job'));
  assert.equal(files.length, 2);
  for (const file of files) {
    const load = 'import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))';
    const answer = ask(t, 'yaml', python, ['-c', load, join(jobs, file)]);
    if (answer === undefined) return;
    const { fields } = JSON.parse(answer) as { fields: Record<string, unknown> };
    assert.equal(fields['application_version'], '2021.05');
    assert.equal(fields['application_release'], 'on');
    assert.equal(fields['kubernetes_cluster'], hostile);
    for (const [name, value] of Object.entries(fields)) assert.equal(typeof value, 'string', name);
  }
});

test('Prometheus reads the target files', async (t) => {
  const { root, targets } = await written(t);
  const config = join(root, 'prometheus.yml');
  await writeFile(config, `scrape_configs: [{ job_name: x, file_sd_configs: [{ files: ['${targets}/*.json'] }] }]`);
  assert.equal((await readdir(targets)).filter((file) => file.endsWith('.json')).length, 2);
  ask(t, 'its check', 'promtool', ['check', 'config', config]);
});

test('promtool finds nothing wrong with the metrics', async (t) => {
  const metrics = createMetrics();
  metrics.latency.observe({ agent: 'scalyr' }, 0.1);
  metrics.apply.inc({ agent: 'scalyr', result: 'ok' });
  ask(t, 'its check', 'promtool', ['check', 'metrics'], await metrics.registry.metrics());
});
