import assert from 'node:assert/strict';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { listAgents, loadAgents } from '../../src/agent/load.ts';
import { findOutside } from '../../src/agent/places.ts';
import { places, render } from '../agents/render.ts';
import { makeTarget } from '../support/targets.ts';
import { makeTree } from '../support/tree.ts';

const yaml = (summary: string) => `
summary: ${summary}
options: { dir: { type: directory, required: true, describe: A directory } }
outputs: [{ each: target, file: '{{options.dir}}/{{id}}', template: a.json }]
`;

test('an entry is a directory or a package', async (t) => {
  const root = await makeTree(t, {
    'project/node_modules/tailors/package.json': '{"name":"tailors"}',
    'project/node_modules/tailors/agents/one.yaml': yaml('One'),
    'project/node_modules/@team/shippers/package.json': '{"name":"x","kube-log-watcher":{"agents":"./dist"}}',
    'project/node_modules/@team/shippers/dist/two.yaml': yaml('Two'),
    'project/work/README.md': '',
    'own/node_modules/third/package.json': '{"name":"third"}',
    'own/node_modules/third/agents/three.yaml': yaml('Three'),
    'own/package.json': '{"type":"module"}',
  });
  const at = (path: string) => join(root, path);
  const entries = ['tailors', '@team/shippers', at('own'), 'third'];
  assert.deepEqual(await findOutside(entries, at('project/work')), {
    directories: [
      at('project/node_modules/tailors/agents'),
      at('project/node_modules/@team/shippers/dist'),
      at('own'),
      at('own/node_modules/third/agents'),
    ],
    problems: [],
  });
  const relative = await findOutside(['../project', '.'], at('own'));
  assert.deepEqual(relative.directories, [at('project'), at('own')]);
});

test('what is wrong with an entry is told by its name, and the others stand', async (t) => {
  const root = await makeTree(t, {
    'node_modules/empty/package.json': '{"name":"empty"}',
    'node_modules/broken/package.json': '{',
    'node_modules/strange/package.json': '{"name":"s","kube-log-watcher":"./agents"}',
    'good/a.yaml': '',
  });
  const entries = ['nobody', '/nowhere', '../nothing', 'empty', 'broken', 'strange', 'good'];
  const { directories, problems } = await findOutside(entries, root);
  assert.deepEqual(directories, [join(root, 'good')]);
  assert.equal(problems.length, 6);
  for (const [index, start] of ['nobody', '/nowhere', '../nothing'].entries()) {
    const problem = problems.find((one) => one.startsWith(`has ${start},`));
    assert.match(problem ?? '', /neither a directory nor a package that is installed here/, String(index));
  }
  const text = problems.join('\n');
  assert.match(text, /empty, a package without agents: .*empty\/agents is no directory/);
  assert.match(text, /broken, whose package\.json can't be read/);
  assert.match(text, /strange, in whose package\.json "kube-log-watcher" has to be like/);
});

test('a linked package is found too, and the first of two agents of one name is taken', async (t) => {
  const root = await makeTree(t, {
    'sources/package.json': '{"name":"mine"}',
    'sources/agents/one.yaml': yaml('Mine'),
    'sources/agents/templates/one/a.json.hbs': '"mine"',
    'theirs/one.yaml': yaml('Theirs'),
    'theirs/one.a.json.hbs': '"theirs"',
    'node_modules/.keep': '',
  });
  await symlink(join(root, 'sources'), join(root, 'node_modules/mine'));
  for (const [entries, expected] of [
    [['mine', 'theirs'], 'mine'],
    [['theirs', 'mine'], 'theirs'],
  ] as const) {
    const { directories: outside } = await findOutside(entries, root);
    const [loaded] = await loadAgents({ ...places, outside }, ['one']);
    assert.equal(loaded?.agent.summary.toLowerCase(), expected);
    assert.ok(loaded);
    const [output] = render(loaded, [makeTarget()]).outputs;
    assert.equal(output?.kind === 'file' && output.content, `"${expected}"`);
  }
});

test("one template of an agent's can be replaced alone", async (t) => {
  const two = yaml('Two').replace('outputs: [', "outputs: [{ file: '{{options.dir}}/all', template: b.json }, ");
  const root = await makeTree(t, {
    'pack/one.yaml': two,
    'pack/templates/one/a.json.hbs': '"a"',
    'pack/templates/one/b.json.hbs': '"b"',
    'own/one.b.json.hbs': '"mine"',
  });
  const outside = [join(root, 'own'), join(root, 'pack')];
  assert.ok(
    (await listAgents({ ...places, outside })).some(({ name, path }) => name === 'one' && path.includes('pack')),
  );
  const [loaded] = await loadAgents({ ...places, outside }, ['one']);
  assert.ok(loaded);
  const contents = render(loaded, [makeTarget()]).outputs.map((output) => output.kind === 'file' && output.content);
  assert.deepEqual(contents, ['"mine"', '"a"']);
});
