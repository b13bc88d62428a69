import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { RunnableAgent } from '../../src/agent/load.ts';
import { reconcile, type Result, type Wish } from '../../src/watch/reconcile.ts';
import { running, wish } from '../support/running.ts';
import { temporaryDirectory, tree } from '../support/tree.ts';

/** An agent whose shipper's check is a shell script; it counts how often it is run. All targets lie in one file. */
async function checked(t: TestContext, script: string, timeout?: number) {
  const place = await temporaryDirectory(t);
  const temporary = join(place, 'tmp');
  await mkdir(temporary);
  const program = join(place, 'check');
  await writeFile(program, `#!/bin/sh\necho >> "${place}/runs"\n${script}\n`);
  await chmod(program, 0o755);
  const root = await temporaryDirectory(t);
  const agent: RunnableAgent = {
    ...running(root).agent,
    check: () => ({ command: [program, `{staged}${root}/all.conf`], timeout }),
    render: ({ targets }) => [
      {
        kind: 'file',
        path: join(root, 'all.conf'),
        content: targets.map(({ id, version }) => `${id} ${version}\n`).join(''),
      },
    ],
  };
  const one = running(root, agent);
  return {
    root,
    one,
    program,
    temporary,
    pass: (wanted: Wish) => reconcile(one, wanted, { temporary }),
    lines: async () => ((await tree(root))['all.conf'] ?? '').trimEnd().split('\n'),
    runs: async () => ((await tree(place))['runs'] ?? '').length,
  };
}

/** Refuses a line in which POISON stands. */
const refusing = '! grep POISON "$1" >&2';

const ids = (count: number) => Array.from({ length: count }, (_, i) => `c${i}`);
const many = (count: number, poisoned: readonly string[], { version = 'v1', full = false } = {}) => {
  const wanted = wish(ids(count), { version, full });
  for (const target of wanted.targets) if (poisoned.includes(target.id)) target.version = 'POISON';
  return wanted;
};
const namesOf = ({ quarantined }: Result) => [...quarantined.keys()].map(({ id }) => id).sort();

for (const poisoned of [['c77'], ['c7', 'c250', 'c499']]) {
  test(`${poisoned.length} of 500 are found by halving, and looked for once`, async (t) => {
    const { pass, lines, runs } = await checked(t, refusing);
    assert.deepEqual((await pass(many(500, []))).checked, { is: 'ok' });
    assert.equal(await runs(), 1);

    const result = await pass(many(500, poisoned, { version: 'v2' }));
    assert.deepEqual(namesOf(result), poisoned.toSorted());
    for (const [{ id }, problem] of result.quarantined)
      assert.ok(problem.endsWith(`ended with 1: ${id} POISON`), problem);
    assert.ok(result.failures.length > 0 && result.failures.every((stage) => stage === 'check'));
    const expected = ids(500).map((id) => `${id} ${poisoned.includes(id) ? 'v1' : 'v2'}`);
    assert.deepEqual(await lines(), expected);
    const tries = await runs();
    assert.ok(tries <= 3 + poisoned.length * 10, `${tries} runs`);

    await pass(many(500, poisoned, { version: 'v2' }));
    assert.equal(await runs(), tries, 'nothing has changed');
    // What ailed it could have gone by itself.
    const full = many(500, poisoned, { version: 'v2', full: true });
    assert.deepEqual(namesOf(await pass(full)), poisoned.toSorted());
    const later = await runs();
    assert.ok(later <= tries + 3 + poisoned.length * 2, `${later - tries} runs`);
    assert.deepEqual(namesOf(await pass(full)), poisoned.toSorted());
    assert.equal(await runs(), later + 1, 'only the whole is looked at once more');
    const healed = await pass(many(500, poisoned.slice(1), { version: 'v2' }));
    assert.deepEqual(namesOf(healed), poisoned.slice(1).toSorted());
    assert.equal((await lines())[Number(poisoned[0]?.slice(1))], `${poisoned[0]} v2`);
  });
}

test('one that starts among many is found at once', async (t) => {
  const { pass, runs } = await checked(t, refusing);
  await pass(many(400, []));
  assert.deepEqual(namesOf(await pass(many(401, ['c400']))), ['c400']);
  // Alone it is all, then the others without it; those are on disk.
  assert.equal(await runs(), 2);
});

test('one that was never good is left out, and nothing of an earlier process is removed', async (t) => {
  const { pass, lines, root } = await checked(t, refusing);
  const result = await pass(many(5, ['c3']));
  assert.deepEqual(namesOf(result), ['c3']);
  assert.deepEqual(await lines(), ['c0 v1', 'c1 v1', 'c2 v1', 'c4 v1']);
  assert.deepEqual(Object.keys(await tree(root)), ['all.conf']);
});

test('of two that are only refused together, the one that came later is left out', async (t) => {
  const { pass, lines } = await checked(t, 'if grep -q "c1 " "$1"; then ! grep "c8 " "$1" >&2; fi');
  const all = many(10, []);
  await pass({ ...all, targets: all.targets.filter(({ id }) => id !== 'c1') });
  const result = await pass(all);
  assert.deepEqual(namesOf(result), ['c1']);
  assert.equal((await lines()).includes('c8 v1'), true);
});

test('one whose last good state is refused as well is left out', async (t) => {
  const { pass, lines, program } = await checked(t, refusing);
  await pass(many(5, []));
  await writeFile(program, '#!/bin/sh\n! grep "c2 " "$1" >&2\n');
  for (const version of ['v1', 'v2']) {
    const result = await pass(many(5, [], { version, full: true }));
    const expected = ids(5).map((id) => `${id} ${version}`);
    // What is on disk was good when it was asked, and is not asked about again.
    if (version === 'v2') assert.deepEqual([namesOf(result), result.errors], [['c2'], []]);
    assert.deepEqual(await lines(), version === 'v1' ? expected : expected.toSpliced(2, 1));
  }
});

test('what is refused without any target is no target’s fault: nothing changes, and it is not asked for ever', async (t) => {
  const { pass, lines, runs, one, root } = await checked(t, refusing);
  await pass(many(500, []));
  const before = await lines();
  const render = one.agent.render.bind(one.agent);
  one.agent.render = async (input) => [
    ...(await render(input)).map((output) => ({
      ...output,
      content: `POISON\n${'content' in output && output.content}`,
    })),
    { kind: 'file', path: join(root, 'more.conf'), content: '' },
  ];
  const result = await pass(many(500, [], { version: 'v2' }));
  assert.match(result.errors[0] ?? '', /ended with 1: POISON/);
  assert.deepEqual([result.changes, namesOf(result), result.checked?.is], [0, [], 'failed']);
  assert.deepEqual(await lines(), before);
  const tries = await runs();
  assert.ok(tries < 16, `${tries} runs`);
  await pass(many(500, [], { version: 'v2' }));
  assert.equal(await runs(), tries);
});

test('too many poisoned ones are the agent’s failure, after a bounded number of runs', async (t) => {
  const { pass, lines, runs } = await checked(t, refusing);
  await pass(many(200, []));
  const before = await lines();
  const poisoned = ids(200).filter((_, i) => i % 9 === 5);
  const result = await pass(many(200, poisoned, { version: 'v2' }));
  assert.match(result.errors[0] ?? '', /POISON \(no end found in 64 checks\)/);
  assert.equal(await runs(), 65);
  assert.deepEqual([await lines(), namesOf(result)], [before, []]);
});

test('a check that hangs blames nobody and is waited for once', async (t) => {
  const { pass, lines, runs, one, temporary } = await checked(t, 'grep -q POISON "$1" && sleep 600; exit 0', 0.5);
  await pass(many(20, []));
  const before = await lines();
  const result = await pass(many(20, ['c3'], { version: 'v2' }));
  assert.match(result.errors[0] ?? '', /did not come to an end within 0.5 s/);
  assert.deepEqual([await lines(), namesOf(result), one.unfit.size, await runs()], [before, [], 0, 2]);
  await pass(many(20, ['c3'], { version: 'v2' }));
  assert.equal(await runs(), 2, 'the same outputs would hang again');
  await pass(many(20, ['c3'], { version: 'v2', full: true }));
  assert.equal(await runs(), 3, 'until a full look');
  assert.deepEqual((await pass(many(20, [], { version: 'v3' }))).errors, []);
  assert.deepEqual(await readdir(temporary), []);
});

test('without its program files are written unchecked, and that is told', async (t) => {
  const { pass, lines, one } = await checked(t, '');
  one.agent.check = () => ({ command: ['/no/such/program'] });
  for (const version of ['v1', 'v1', 'v2']) {
    const result = await pass(many(3, [], { version }));
    assert.equal(result.checked?.is, 'unavailable');
    assert.deepEqual(
      await lines(),
      ids(3).map((id) => `${id} ${version}`),
    );
  }
});

test('a file that does not parse is never written', async (t) => {
  const root = await temporaryDirectory(t);
  const agent: RunnableAgent = {
    ...running(root).agent,
    render: ({ targets }) =>
      targets.map(({ id, version }) => ({ kind: 'file', path: join(root, `${id}.${id}`), content: version })),
  };
  const one = running(root, agent);
  const good = wish(['json', 'toml', 'yaml', 'job']);
  const texts = { json: '{}', toml: 'a = 1', yaml: 'a: 1', job: 'a: &b 1\nc: *b' };
  for (const target of good.targets) target.version = texts[target.id as keyof typeof texts];
  assert.deepEqual((await reconcile(one, good)).failures, []);
  const broken = { json: '{ a: [', toml: 'a', yaml: 'a: 1\na: 2', job: 'a: *b' };
  for (const bad of ['json', 'toml', 'yaml', 'job'] as const) {
    const wanted = structuredClone({ targets: good.targets });
    for (const target of wanted.targets) if (target.id === bad) target.version = broken[bad];
    const result = await reconcile(one, { ...good, ...wanted });
    assert.deepEqual(
      [...result.quarantined.keys()].map(({ id }) => id),
      [bad],
    );
    assert.equal((await tree(root))[`${bad}.${bad}`], texts[bad]);
    assert.ok(result.failures.every((stage) => stage === 'parse'));
  }
});
