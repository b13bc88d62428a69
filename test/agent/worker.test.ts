import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { platform } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Output, RenderInput } from '../../src/agent/agent.ts';
import type { RunnableAgent } from '../../src/agent/load.ts';
import { pathMap } from '../../src/agent/path-map.ts';
import { createWorkerAgent, usualLimits } from '../../src/agent/worker.ts';
import { makeTarget, makeTargets, node } from '../support/targets.ts';
import { temporaryDirectory } from '../support/tree.ts';

const limits = { ...usualLimits, render: 60_000, answer: 60_000, again: 50, rest: 0 };

/** An agent whose file says this, in a thread of its own; its limits may be changed later. */
async function agentOf(t: TestContext, body: string, its = limits): Promise<RunnableAgent> {
  const directory = await temporaryDirectory(t);
  const path = join(directory, 'mine.ts');
  await writeFile(path, `export default { name: 'mine', summary: 'Mine', options: {}, ${body} };`);
  const templates = new Map([['a.json', { path: 'a.json.hbs', text: '{"id":"{{id}}"}' }]]);
  return createWorkerAgent({ name: 'mine', path, templates }, its);
}

const threads = () => (platform() === 'linux' ? readdirSync('/proc/self/task') : []);

const reports: string[] = [];
function render(agent: RunnableAgent, input: Partial<RenderInput> = {}): Promise<Output[]> {
  const report: RenderInput['report'] = ({ id }, problem) => void reports.push(`${id}: ${problem}`);
  const fill = () => assert.fail('the thread fills its own templates');
  const whole = { targets: [], node, options: {}, fill, seenByShipper: pathMap(['/var=/host/var']), report, ...input };
  return Promise.resolve(agent.render(whole));
}

test('what a rendering needs is there in the thread, and comes back from it', async (t) => {
  const agent = await agentOf(
    t,
    `render({ targets, node, options, fill, seenByShipper, report }) {
      report(targets[1], 'is odd');
      return targets.map((target) => ({
        kind: 'file', mode: 0o600, path: options.dir + '/' + target.id,
        content: [fill('a.json', target), node.name, seenByShipper('/var/log')].join(' '),
      }));
    }`,
  );
  const options = { dir: '/out' };
  const outputs = await render(agent, {
    targets: makeTargets(2).map((one, at) => ({ ...one, id: `t${at}` })),
    options,
  });
  assert.deepEqual(outputs, [
    { kind: 'file', mode: 0o600, path: '/out/t0', content: '{"id":"t0"} node-1 /host/var/log' },
    { kind: 'file', mode: 0o600, path: '/out/t1', content: '{"id":"t1"} node-1 /host/var/log' },
  ]);
  assert.deepEqual(reports, ['t1: is odd']);
});

test('the other parts of an agent are asked in a thread too', async (t) => {
  const agent = await agentOf(
    t,
    `hints: ['parser'], contract: 1,
     directories: ({ dir }) => [dir + '/more'],
     reload: ({ url }) => url && { kind: 'http', method: 'POST', url },
     check: () => { throw new Error('no check today'); },
     render: () => []`.replace("name: 'mine'", ''),
  );
  assert.deepEqual(agent.hints, ['parser']);
  assert.deepEqual(agent.directories?.({ dir: '/a' }), ['/a/more']);
  assert.deepEqual(agent.reload?.({ url: 'http://x' }), { kind: 'http', method: 'POST', url: 'http://x' });
  assert.equal(agent.reload?.({ url: '' }), '');
  assert.throws(() => agent.check?.({}), /no check today/);
  const plain = await agentOf(t, 'render: () => []');
  assert.equal(plain.reload, undefined);
  assert.equal(plain.directories, undefined);
});

test("an option's own check is asked", async (t) => {
  const directory = await temporaryDirectory(t);
  const path = join(directory, 'mine.js');
  const check = `(value) => (value === 'good' ? undefined : 'has to be good')`;
  const options = `{ a: { type: 'string', describe: 'A', check: ${check} } }`;
  await writeFile(path, `export default { name: 'mine', summary: 'S', options: ${options}, render: () => [] };`);
  const agent = await createWorkerAgent({ name: 'mine', path, templates: new Map() }, limits);
  assert.equal(agent.options['a']?.check?.('good'), undefined);
  assert.equal(agent.options['a']?.check?.('bad'), 'has to be good');
});

test('one that throws is asked again at once', async (t) => {
  const agent = await agentOf(t, `render({ targets }) { if (targets.length > 0) throw new Error('no'); return []; }`);
  await assert.rejects(render(agent, { targets: [makeTarget()] }), /^Error: no$/);
  assert.deepEqual(await render(agent), []);
});

const fatal = {
  'never ends': ['for (;;);', /^Error: did not answer within 1\.5 s$/],
  'never answers': ['return new Promise(() => {});', /^Error: did not answer within 1\.5 s$/],
  'ends its process': ['process.exit(3);', /^Error: ended its thread with code 3$/],
  'fails on its own': [
    `setTimeout(() => { throw new Error('later'); }); return new Promise(() => {});`,
    /^Error: its thread ended: later$/,
  ],
  'takes all memory': ['const all = []; for (;;) all.push(new Array(100_000).fill(all.length));', /used more memory/],
} as const;

for (const [what, [body, message]] of Object.entries(fatal)) {
  test(`one that ${what} fails alone, waits, and gets a new thread`, async (t) => {
    const its = { ...limits, again: 400, memory: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 } };
    const agent = await agentOf(t, `render({ targets }) { if (targets.length === 0) return []; ${body} }`, its);
    const neighbour = await agentOf(t, 'render: () => []');
    if (what.startsWith('never')) its.render = 1500;
    const failed = render(agent, { targets: [makeTarget()] });
    // Before it is due again nothing is started for it.
    const early = failed.catch(() => assert.rejects(render(agent), message));
    const [, others] = await Promise.all([assert.rejects(failed, message), render(neighbour), early]);
    assert.deepEqual(others, []);
    its.render = limits.render;
    for (;;) {
      const again = await render(agent).catch(() => undefined);
      if (again) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
}

test('one that hangs is left alone for long, others come first while it works', async (t) => {
  const its = { ...limits, rest: 1e6 };
  const hanging = await agentOf(t, 'render() { for (;;); }', its);
  its.render = 200;
  await assert.rejects(render(hanging), /did not answer/);
  const before = new Set(threads());
  await assert.rejects(render(hanging), /did not answer/);
  assert.deepEqual(
    threads().filter((one) => !before.has(one)),
    [],
    'no thread was started for it',
  );
  const polite = await agentOf(
    t,
    `async render() {
      const { readFileSync } = await import('node:fs');
      const fields = readFileSync('/proc/thread-self/stat', 'utf8').replace(/^.*\\) /s, '').split(' ');
      return [{ kind: 'file', path: '/nice', content: fields[16] }];
    }`,
  );
  const [output] = await render(polite);
  assert.equal(output?.kind === 'file' && output.content, platform() === 'linux' ? '10' : undefined);
});

test('one that digs too deep only throws', async (t) => {
  const agent = await agentOf(t, `render() { const dig = () => dig() + 1; return [dig()]; }`);
  await assert.rejects(render(agent), /Maximum call stack size/);
});

test('what is no list, or no data, is told', async (t) => {
  const none = await agentOf(t, 'render: () => undefined');
  await assert.rejects(render(none), /render gives no list of outputs/);
  const functions = await agentOf(t, 'render: () => [() => 1]');
  await assert.rejects(render(functions), /what it gives is no data/);
});

test('one that hangs while it is loaded or asked is told by its path', async (t) => {
  const directory = await temporaryDirectory(t);
  const path = join(directory, 'mine.js');
  await writeFile(path, 'for (;;);');
  const plugin = { name: 'mine', path, templates: new Map() };
  const loading = createWorkerAgent(plugin, { ...limits, load: 600 });
  await assert.rejects(loading, { message: `${path}: did not answer within 0.6 s` });
  const agent = await agentOf(t, 'render: () => [], directories() { for (;;); }', { ...limits, answer: 600 });
  assert.throws(() => agent.directories?.({}), /mine\.ts: directories did not answer within 0\.6 s$/);
});

test('it sees no environment, and finds the API wherever it lies', async (t) => {
  const directory = await temporaryDirectory(t);
  await mkdir(join(directory, 'deep'));
  const path = join(directory, 'deep', 'mine.ts');
  await writeFile(
    path,
    `import { defineAgent, segment } from 'kube-log-watcher/agent';
     export default defineAgent({ name: 'mine', summary: 'S', options: {}, render: () => [
       { kind: 'link', path: '/' + segment('a/b'), to: JSON.stringify(process.env) }] });`,
  );
  const agent = await createWorkerAgent({ name: 'mine', path, templates: new Map() }, limits);
  assert.deepEqual(await render(agent), [{ kind: 'link', path: '/a_b', to: '{}' }]);
});
