import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Output } from '../../src/agent/agent.ts';
import type { RunnableAgent } from '../../src/agent/load.ts';
import { runCheck } from '../../src/watch/check.ts';
import { reconcile } from '../../src/watch/reconcile.ts';
import { running, wish } from '../support/running.ts';
import { temporaryDirectory, tree } from '../support/tree.ts';

/** A shipper's check as a shell script, with a directory for what is staged. */
async function set(t: TestContext, script: string) {
  const root = await temporaryDirectory(t);
  const temporary = join(root, 'tmp');
  await mkdir(temporary);
  const program = join(root, 'check');
  await writeFile(program, `#!/bin/sh\n${script}\n`);
  await chmod(program, 0o755);
  return { root, program, temporary };
}
const outputs: Output[] = [
  { kind: 'file', path: '/etc/shipper/a.conf', content: 'good', mode: 0o600 },
  { kind: 'link', path: '/links/a.log', to: '/var/log/a.log' },
];

test('the shipper sees all outputs at their own paths, and nothing is left of them', async (t) => {
  const { program, temporary } = await set(
    t,
    'grep -q good "$1/etc/shipper/a.conf" && readlink "$1/links/a.log" | grep -qx /var/log/a.log && test -z "$HOME"',
  );
  assert.deepEqual(await runCheck({ command: [program, '{staged}'] }, outputs, temporary), { is: 'ok' });
  assert.deepEqual(await readdir(temporary), []);
});

test('a refusal is told by the line that tells most, with the paths as they will be', async (t) => {
  const { program, temporary } = await set(
    t,
    'echo starting; echo "error in $1/etc/shipper/a.conf:3" >&2; echo bye; exit 3',
  );
  const verdict = await runCheck({ command: [program, '{staged}'] }, outputs, temporary);
  assert.deepEqual(verdict, { is: 'failed', why: `${program} ended with 3: error in /etc/shipper/a.conf:3` });
});

test('a check that hangs is ended with all that it has started', async (t) => {
  const { program, temporary, root } = await set(t, `sleep 600 & echo $! > "$(dirname "$0")/pid"; wait`);
  const verdict = await runCheck({ command: [program], timeout: 0.3 }, outputs, temporary);
  assert.match(verdict.is === 'failed' ? verdict.why : '', /did not come to an end within 0.3 s/);
  const pid = Number((await tree(root))['pid']);
  // A killed process stays in the list until its new parent has asked for it.
  const gone = async () => {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    return / Z /.test(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ' Z '));
  };
  for (const end = Date.now() + 5000; !(await gone()); await new Promise(setImmediate)) assert.ok(Date.now() < end);
});

test('a child that keeps the output open keeps nobody waiting; much output does no harm', async (t) => {
  const { program, temporary } = await set(t, 'sleep 600 & yes x | head -c 1000000; exit 0');
  assert.deepEqual(await runCheck({ command: [program] }, outputs, temporary), { is: 'ok' });
});

test('a program that is not here checks nothing', async (t) => {
  const { temporary } = await set(t, '');
  const verdict = await runCheck({ command: ['/no/such/program'] }, outputs, temporary);
  assert.equal(verdict.is, 'unavailable');
});

/** An agent whose shipper refuses every file in which POISON stands; it counts how often it is asked. */
async function checked(t: TestContext) {
  const { root: place, program } = await set(t, 'echo >> "$(dirname "$0")/runs"; ! grep -rl POISON "$1" >&2');
  const root = await temporaryDirectory(t);
  const agent: RunnableAgent = {
    ...running(root).agent,
    check: () => ({ command: [program, '{staged}'] }),
    render: ({ targets }) =>
      targets.map(({ id, version }) => ({ kind: 'file', path: join(root, `${id}.conf`), content: version })),
  };
  const asked = async () => ((await tree(place))['runs'] ?? '').length;
  return { root, one: running(root, agent), asked };
}
const many = (poisoned: readonly string[], version = 'v1') => {
  const wanted = wish(
    Array.from({ length: 200 }, (_, i) => `c${i}`),
    { version },
  );
  for (const target of wanted.targets) if (poisoned.includes(target.id)) target.version = 'POISON';
  return wanted;
};

test('poisoned targets are found by halving and named; the others are written, and it is not asked again', async (t) => {
  const { root, one, asked } = await checked(t);
  await reconcile(one, many([]));
  assert.equal(await asked(), 1);
  const result = await reconcile(one, many(['c7', 'c150'], 'v2'));
  assert.deepEqual([...result.quarantined.keys()].map(({ id }) => id).sort(), ['c150', 'c7']);
  assert.match([...result.quarantined.values()][0] ?? '', /POISON|\.conf/);
  const files = await tree(root);
  assert.deepEqual([files['c7.conf'], files['c150.conf'], files['c8.conf']], ['v1', 'v1', 'v2']);
  const tries = await asked();
  assert.ok(tries < 30, `${tries} tries`);
  await reconcile(one, many(['c7', 'c150'], 'v2'));
  assert.equal(await asked(), tries);
  const healed = await reconcile(one, many(['c7'], 'v2'));
  assert.deepEqual(
    [...healed.quarantined.keys()].map(({ id }) => id),
    ['c7'],
  );
  assert.equal((await tree(root))['c150.conf'], 'v2');
});

test('a check that fails without any target is no target’s fault: the last good files stay', async (t) => {
  const { root, one } = await checked(t);
  await reconcile(one, many([]));
  const before = await tree(root);
  const render = one.agent.render.bind(one.agent);
  one.agent.render = async (input) => [
    ...(await render(input)),
    { kind: 'file', path: join(root, 'main.conf'), content: 'POISON' },
  ];
  const { errors, changes } = await reconcile(one, many([], 'v2'));
  assert.match(errors[0] ?? '', /ended with 1/);
  assert.equal(changes, 0);
  assert.deepEqual(await tree(root), before);
});

test('a file that does not parse is never written', async (t) => {
  const root = await temporaryDirectory(t);
  const agent: RunnableAgent = {
    ...running(root).agent,
    render: ({ targets }) =>
      targets.map(({ id, version }) => ({ kind: 'file', path: join(root, `${id}.${id}`), content: version })),
  };
  const one = running(root, agent);
  const good = wish(['json', 'toml', 'yaml']);
  const texts = { json: '{}', toml: 'a = 1', yaml: 'a: 1' };
  for (const target of good.targets) target.version = texts[target.id as keyof typeof texts];
  assert.deepEqual((await reconcile(one, good)).failures, []);
  for (const bad of ['json', 'toml', 'yaml'] as const) {
    const wanted = structuredClone({ targets: good.targets });
    for (const target of wanted.targets) if (target.id === bad) target.version = '{ a: [';
    const result = await reconcile(one, { ...good, ...wanted });
    assert.deepEqual(
      [...result.quarantined.keys()].map(({ id }) => id),
      [bad],
    );
    assert.equal((await tree(root))[`${bad}.${bad}`], texts[bad]);
    assert.ok(result.failures.every((stage) => stage === 'parse'));
  }
});
