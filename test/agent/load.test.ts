import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { listAgents, loadAgents } from '../../src/agent/load.ts';
import { makeTarget } from '../support/targets.ts';
import { makeTree } from '../support/tree.ts';
import { places, render } from '../agents/render.ts';

/** The names of the files in our own folder. */
const ours = (await readdir(places.builtin))
  .filter((file) => /\.(yaml|ts)$/.test(file))
  .map((file) => file.replace(/\.\w+$/, ''));

const yaml = `
summary: Some
options: { dir: { type: directory, required: true, describe: A directory } }
outputs: [{ each: target, file: '{{options.dir}}/{{id}}', template: a.json }]
`;
const code = (name: string, more = 'render: () => []') =>
  `export default { name: '${name}', summary: 'S', options: {}, ${more} };`;

test('the folder is the registry, and an operator has the first word', async (t) => {
  const outside = await makeTree(t, {
    'loki.yaml': yaml,
    'loki.a.json.hbs': '1',
    'mine.js': code('mine').replace('export default', 'module.exports ='),
    'other.ts': `const name: string = 'other';\n${code('other').replace("'other'", 'name')}`,
    'README.md': '',
    '..data/hidden.yaml': yaml,
    'package.json': '{"type":"module"}',
  });
  await writeFile(join(outside, 'mine.js'), code('mine'));
  const entries = await listAgents({ ...places, outside: [outside] });
  assert.deepEqual(
    entries.map(({ name, builtin }) => `${name} ${builtin}`),
    [
      ...ours.filter((name) => name !== 'loki').map((name) => `${name} true`),
      'loki false',
      'mine false',
      'other false',
    ].sort(),
  );
  const loaded = await loadAgents({ ...places, outside: [outside] }, ['other', 'loki', 'mine', 'loki']);
  assert.deepEqual(
    loaded.map(({ agent }) => agent.name),
    ['other', 'loki', 'mine'],
  );
  assert.equal(loaded[1]?.path, join(outside, 'loki.yaml'));
});

for (const path of ['templates/appdynamics/job.yaml.hbs', 'appdynamics.job.yaml.hbs']) {
  test(`${path} replaces our template`, async (t) => {
    const outside = await makeTree(t, { [path]: 'mine: "{{id}}"' });
    const [loaded] = await loadAgents({ ...places, outside: [outside] }, ['appdynamics']);
    assert.ok(loaded);
    const [output] = render(loaded, [makeTarget({ id: 'x' })]).outputs;
    assert.ok(output?.kind === 'file' && output.content === 'mine: "x"');
  });
}

test('a compiled agent is taken instead of its source', async (t) => {
  const files = { 'one.js': code('one'), 'one.ts': 'throw new Error()', 'package.json': '{"type":"module"}' };
  const builtin = await makeTree(t, files);
  const [loaded] = await loadAgents({ builtin, templates: builtin }, ['one']);
  assert.equal(loaded?.path, join(builtin, 'one.js'));
});

test('names everything that is wrong', async (t) => {
  const outside = await makeTree(t, {
    'package.json': '{"type":"module"}',
    'empty.js': '',
    'wrong.js': code('right', 'reload: 1').replace('options: {}', 'options: { a: { type: "directory" } }'),
    'untold.yaml': yaml,
    'bad.yaml': yaml,
    'bad.a.json.hbs': '{{{id}}}',
  });
  const names = ['skalyr', 'zzzzzzz', 'empty', 'wrong', 'untold', 'bad'];
  const known = [...ours, 'bad', 'empty', 'untold', 'wrong'].sort().join(', ');
  await assert.rejects(loadAgents({ ...places, outside: [outside] }, names), (error: Error) => {
    assert.deepEqual(error.message.replaceAll(outside, '').split('\n'), [
      `There is no agent "skalyr"; did you mean \`scalyr\`? Known are ${known}.`,
      `There is no agent "zzzzzzz". Known are ${known}.`,
      '/empty.js: has no default export that is an agent',
      '/wrong.js: options.a.describe is missing',
      '/wrong.js: name is "right", but the file\'s name says "wrong"',
      '/wrong.js: render is no function',
      '/wrong.js: reload is no function',
      '/untold.yaml: outputs[0].template: there is no template "a.json.hbs"; there are none',
      '/bad.a.json.hbs:1: {{{…}}} and {{&…}} would write a value as it is; use {{…}} or {{json …}}',
    ]);
    return true;
  });
});

test('a directory that cannot be read is no empty one', async () => {
  await assert.rejects(listAgents({ ...places, outside: ['/nowhere/agents'] }), /ENOENT.*\/nowhere\/agents/);
});
