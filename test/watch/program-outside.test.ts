import assert from 'node:assert/strict';
import { appendFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { until } from '../support/program.ts';
import { createWorld } from '../support/world.ts';

const agent = (name: string, body: string) => `export default {
  name: '${name}', summary: 'S', options: { dir: { type: 'directory', required: true, describe: 'D' } },
  render({ targets, options }) { ${body} },
};`;
const wellBehaved = `return targets.map(({ id, log }) =>
  ({ kind: 'file', path: options.dir + '/' + id + '.json', content: JSON.stringify(log.path) }));`;

/** A watcher with one of our agents and one of these from outside. */
async function worldWith(t: TestContext, code: Record<string, string>) {
  const world = await createWorld(t, { agents: ['symlinker', ...Object.keys(code)] });
  const outside = join(world.root, 'outside');
  const out = join(world.root, 'out');
  await mkdir(outside);
  await mkdir(out);
  for (const [name, body] of Object.entries(code)) await writeFile(join(outside, `${name}.ts`), agent(name, body));
  const dirs = Object.keys(code).map((name) => [`WATCHER_${name.toUpperCase()}_DIR`, out] as const);
  const env = { WATCHER_AGENTS_PATH: outside, ...Object.fromEntries(dirs) };
  const made = async () => (await readdir(out)).filter((name) => name.endsWith('.json')).length;
  const linked = async () => Object.keys(await world.tree()).filter((path) => path.startsWith('symlinker/')).length;
  return { ...world, outside, env, made, linked };
}

describe('agents from outside', { concurrency: 2 }, () => {
  it('are run beside ours', async (t) => {
    const world = await worldWith(t, { good: wellBehaved });
    await world.pod('one');
    const program = await world.startReady(world.env);
    assert.equal(await world.made(), 1);
    const two = await world.pod('two');
    await until('the second', async () => (await world.made()) === 2);
    await world.remove(two);
    await until('the end of the second', async () => (await world.made()) === 1);
    assert.match(await program.text('/explain?of=one'), /outside|out\/.*\.json/);
    assert.equal((await program.stop()).code, 0);
  });

  for (const [what, fault] of Object.entries({
    'leaves its process': 'process.exit(1);',
    'takes all memory': 'const all = []; for (;;) all.push(new Array(100_000).fill(all.length));',
    'fails later': `setTimeout(() => { throw new Error('later'); }); for (const end = Date.now() + 5; Date.now() < end;); `,
  })) {
    it(`one that ${what} stops only itself, is named, and goes on when it is well again`, async (t) => {
      const flag = `targets.some(({ pod }) => pod.name === 'poison')`;
      const world = await worldWith(t, { ill: `if (${flag}) { ${fault} } ${wellBehaved}` });
      await world.pod('one');
      const program = await world.startReady(world.env);
      const poison = await world.pod('poison');
      await until('the fault told', async () => !((await program.readyz()).checks['agent ill']?.ok ?? true));
      await world.pod('two');
      await until('what the other agent makes', async () => (await world.linked()) === 3);
      assert.ok((await world.made()) >= 1, 'the last good files stay');
      await world.remove(poison);
      await until('the cure', async () => (await program.readyz()).ok && (await world.made()) === 2, 200_000);
      assert.equal((await program.stop()).code, 0);
    });
  }

  it('one that never ends holds up neither the others nor the end', async (t) => {
    const world = await worldWith(t, { endless: 'for (;;);' });
    await world.pod('one');
    const program = await world.start(world.env);
    await until('what the other agent makes', async () => (await world.linked()) === 1);
    await world.pod('two');
    await until('what it makes of a second', async () => (await world.linked()) === 2);
    assert.equal((await program.readyz()).ok, false);
  });

  it('what is wrong with enabled ones ends the start, all at once; one that is not enabled does not', async (t) => {
    const world = await worldWith(t, { good: wellBehaved, torn: '' });
    await appendFile(join(world.outside, 'torn.ts'), '{{{');
    await writeFile(join(world.outside, 'idle.ts'), 'for (const broken of');
    const { code, stderr } = await world.run(['watch'], {
      ...world.env,
      WATCHER_AGENTS_PATH: `${world.outside},nobody`,
    });
    assert.equal(code, 2);
    assert.match(stderr, /outside\/torn\.ts: can't be loaded:/);
    assert.match(stderr, /--agents-path` \(WATCHER_AGENTS_PATH\) has nobody, which is neither/);
    assert.doesNotMatch(stderr, /idle/);
    const once = { ...world.env, WATCHER_AGENTS: 'good' };
    assert.equal((await world.run(['watch', '--once'], once)).code, 0);
  });
});
