import assert from 'node:assert/strict';
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { examineApart } from '../../src/kit/examination.ts';
import { end, launch } from '../support/program.ts';
import { makeTree } from '../support/tree.ts';

const testAgent = (...args: string[]) => end(launch(['test-agent', ...args], { PATH: process.env['PATH'] }));

const tailor = {
  'tailor.yaml': `
summary: The tailor
options: { dest-path: { type: directory, required: true, describe: A directory } }
outputs: [{ each: target, file: '{{options.dest-path}}/{{id}}.json', template: input.json }]
`,
  'templates/tailor/input.json.hbs': '{"path":"{{log.path}}","team":"{{pod.labels.team}}"}',
  'golden/tailor/plain/input.yaml':
    'options: { dest-path: /etc/tailor }\ntargets: [{ id: one, labels: { team: "a\\"b" } }]\n',
};

test('golden folders are written, compared, and told of when they differ', async (t) => {
  const root = await makeTree(t, tailor);
  const missing = await testAgent(root, '--runs', '50');
  assert.equal(missing.code, 1);
  assert.match(
    missing.stdout,
    /FAIL {2}golden case plain\n.*expected\/etc\/tailor\/one\.json is new\n.*tree\.txt is new/,
  );
  const updated = await testAgent(root, '--runs', '50', '--update');
  assert.equal(updated.code, 0, updated.stdout);
  const file = join(root, 'golden/tailor/plain/expected/etc/tailor/one.json');
  const path = '/var/lib/docker/containers/one/one-json.log';
  assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), { path, team: 'a"b' });
  assert.equal((await testAgent(join(root, 'tailor.yaml'), '--runs', '50')).code, 0);
  await appendFile(file, '\n');
  const differs = await testAgent(root, 'tailor', '--runs', '50');
  assert.equal(differs.code, 1);
  assert.match(differs.stdout, /one\.json differs, first in line 2: expected "", got nothing/);
});

test('a fault is told with its smallest example, and the exit code is 1', async (t) => {
  const code = `({ targets, options }) => targets.map((target) => ({ kind: 'file', path: options.dir + '/' + target.id + '.json',
    content: '{"path":"' + target.log.path + '","name":"' + target.pod.name + '"}' }))`;
  const options = `{ dir: { type: 'directory', required: true, describe: 'D' } }`;
  const api = `import { defineAgent } from 'kube-log-watcher/agent';`;
  const root = await makeTree(t, {
    'raw.ts': `${api} export default defineAgent({ name: 'raw', summary: 'S', options: ${options}, render: ${code} });`,
  });
  const { code: exit, stdout } = await testAgent(join(root, 'raw.ts'), '--runs', '200');
  assert.equal(exit, 1);
  assert.match(
    stdout,
    /FAIL {2}hostile-text .*\n.*is no JSON.*\n +smallest example:\n +\{"id":"id-\d",.*"pod":"[^"]{1,6}"\}\n/,
  );
  assert.match(stdout, /failed: 1\n$/);
});

test('one that never ends, or ends its process, is told of', async (t) => {
  const agent = (name: string, body: string) =>
    `export default { name: '${name}', summary: 'S', options: {}, render({ targets }) { ${body} } };`;
  const root = await makeTree(t, {
    'endless.js': agent('endless', 'if (targets.length === 500) for (;;); return [];'),
    'leaver.js': agent('leaver', 'process.exit(0);'),
    'package.json': '{"type":"module"}',
  });
  const places = { builtin: join(import.meta.dirname, '../../agents'), templates: '', outside: [root] };
  const input = { places, golden: join(root, 'golden'), update: false, runs: 10, seed: 1 };
  const endless = (patience: number) => examineApart({ ...input, name: 'endless' }, patience).then(String, String);
  let said = await endless(1500);
  // On a busy machine it has not come so far by then.
  if (!said.includes('many-targets')) said = await endless(30_000);
  assert.match(said, /^Error: It did not answer within (1\.5|30) s, asked for many-targets$/);
  await assert.rejects(examineApart({ ...input, name: 'leaver' }), {
    message: 'It ended its process with code 0, asked for its first rendering',
  });
  assert.equal((await testAgent(join(root, 'leaver.js'))).code, 1);
});

test('a package is examined by its name, a built-in agent by its own', async (t) => {
  const root = await makeTree(t, {
    ...Object.fromEntries(Object.entries(tailor).map(([path, text]) => [`node_modules/pack/agents/${path}`, text])),
    'node_modules/pack/package.json': '{"name":"pack"}',
  });
  const before = process.cwd();
  process.chdir(root);
  t.after(() => process.chdir(before));
  const pack = await testAgent('pack', '--runs', '20', '--update');
  assert.equal(pack.code, 0, pack.stderr);
  assert.match(pack.stdout, /^tailor\n/);
  assert.equal((await testAgent('symlinker', '--runs', '20')).code, 0);
});

test('a wrong command line is exit code 2, with its way out', async (t) => {
  const root = await makeTree(t, tailor);
  for (const [args, message] of [
    [[], /Not enough non-option arguments/],
    [['nobody'], /nobody, which is neither a directory nor a package/],
    [[root, 'taylor'], /There is no agent "taylor" in .*; there are tailor\./],
    [[root, '--runs', 'many'], /--runs` has to be a whole number/],
    [[root, '--rounds=5'], /--rounds=5` is no option of test-agent/],
    [[join(root, 'templates')], /There is no agent in/],
  ] as const) {
    const { code, stderr } = await testAgent(...args);
    assert.match(stderr, message);
    assert.equal(code, 2);
  }
});
