import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { until } from '../support/program.ts';
import { tree } from '../support/tree.ts';
import { createWorld } from '../support/world.ts';

const nasty = [
  '"quoted" \'and\' `ticked`\n- new: line\r\n',
  '../../../../etc/passwd',
  '${HOME} $HOME #{x} {{x}} {{{x}}} %{x} EXPR(1)',
  '\ud800 lone \udc00',
  'a\0b\u0001\u2028\u0085',
  'x'.repeat(65_536),
];

test('what strangers write on one pod is data for all four agents, and costs the other pods nothing', async (t) => {
  const world = await createWorld(t);
  const outside = async () =>
    Object.keys(await tree(world.root, { hidden: true })).filter((path) => !/^(shipper|state|var)\//.test(path));
  const before = await outside();
  const hostile = nasty.map((text, index) => ({
    labels: Object.fromEntries(
      ['application', 'component', 'version', 'environment', 'release', text].map((key) => [key, text]),
    ),
    annotations: {
      'kubernetes-log-watcher/scalyr-parser':
        index % 2 === 0 ? text : JSON.stringify([{ container: 'main', parser: text }]),
      'kubernetes-log-watcher/scalyr-sampling-rules': JSON.stringify([{ container: 'main', 'sampling-rules': [text] }]),
      'kubernetes-log-watcher/scalyr-redaction-rules': JSON.stringify([text]),
    },
  }));
  const bad = hostile[0] && (await world.pod('hostile', hostile[0]));
  await world.pod('good-docker', { runtime: 'docker' });
  await world.pod('good-cri');
  const program = await world.startReady({ WATCHER_LOKI_LABELS: '*' });
  assert.ok(bad);
  const good = async () => {
    const files = await world.tree();
    return Object.entries(files).filter(
      ([path]) => !path.includes(bad.pod.metadata.uid) && !path.endsWith('agent.json'),
    );
  };
  const goodFiles = await good();

  for (const { labels, annotations } of hostile) {
    const changes = (await program.metric('logwatch_generation{agent="loki"}')) ?? 0;
    const pod = structuredClone(bad.pod);
    Object.assign(pod.metadata, { labels, annotations });
    world.api.pods.set(pod);
    if (labels !== hostile[0]?.labels)
      await until(
        'the new labels',
        async () => ((await program.metric('logwatch_generation{agent="loki"}')) ?? 0) > changes,
      );
    await program.passes();
    assert.equal((await program.readyz()).ok, true);

    const files = await world.tree();
    const { logs } = JSON.parse(files['agent.json'] ?? '') as {
      logs: { path: string; attributes: { application: string } }[];
    };
    assert.equal(logs.length, 3);
    for (const { path } of logs) await stat(path);
    const jobs = Object.entries(files).filter(([path]) => path.startsWith('appdynamics/'));
    assert.equal(jobs.length, 3);
    for (const [, text] of jobs) assert.equal(typeof parse(text), 'object');
    const targets = Object.entries(files).filter(([path]) => path.startsWith('loki/'));
    assert.equal(targets.length, 3);
    for (const [, text] of targets) assert.equal((JSON.parse(text) as unknown[]).length, 1);
    const links = Object.entries(files).filter(([path]) => path.startsWith('symlinker/'));
    assert.equal(links.length, 3);
    for (const [path] of links) assert.ok((await stat(join(world.shipper, path))).isFile());
    assert.deepEqual(await good(), goodFiles);
    assert.deepEqual(await outside(), before);
  }
  // Named with their pod, each once for each text, however many passes there were.
  const ignored = program.lines.filter(({ message }) => message === 'annotation ignored');
  assert.deepEqual(
    [...new Set(ignored.map(({ agent, pod }) => `${String(agent)} ${String(pod)}`))],
    ['scalyr hostile'],
  );
  for (const name of ['parser', 'sampling-rules', 'redaction-rules']) {
    const told = ignored.filter(({ problem }) => String(problem).includes(`scalyr-${name}`)).length;
    assert.ok(told > 0 && told <= nasty.length, `${name}: ${told}`);
  }
  const seen = ignored.length;
  await program.passes(3);
  assert.equal(program.lines.filter(({ message }) => message === 'annotation ignored').length, seen);
  assert.equal(program.lines.filter(({ level }) => level === 'error').length, 0, JSON.stringify(program.lines));

  // A full look at what stands finds that it is right: the files hold what was wished.
  const generation = await program.metric('logwatch_generation{agent="scalyr"}');
  await program.passes(3);
  assert.equal(await program.metric('logwatch_generation{agent="scalyr"}'), generation);
});
