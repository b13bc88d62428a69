import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Output } from '../../src/agent/agent.ts';
import type { Target } from '../../src/agent/target.ts';
import { renderIsolated, type IsolateInput, type Judge } from '../../src/watch/isolate.ts';
import { createJudge } from '../../src/watch/judge.ts';
import { running, wish } from '../support/running.ts';

const wellWithout =
  (bad: (outputs: readonly Output[]) => boolean): Judge =>
  (outputs) =>
    Promise.resolve(bad(outputs) ? { stage: 'check', why: 'bad' } : undefined);
const textsOf = (outputs: readonly Output[]) => outputs.map((output) => (output.kind === 'file' ? output.content : ''));

/** Renders a file for each target, late, with its name and state. */
function isolated(targets: readonly Target[], judge: Judge, lastGood: readonly Target[] = []): IsolateInput {
  const { agent } = running('/root');
  const { node, seenByShipper } = wish([]);
  return {
    agent: {
      ...agent,
      render: async (input) => {
        await new Promise(setImmediate);
        return input.targets.map(({ id, version }) => ({
          kind: 'file',
          path: `/root/${id}`,
          content: `${id} ${version}`.trim(),
        }));
      },
    },
    input: { targets, node, options: {}, fill: () => '', seenByShipper, report: () => undefined },
    judge,
    lastGood: new Map(lastGood.map((target) => [target.id, target])),
    unfit: new Map(),
  };
}
const numbered = (count: number, version = '') =>
  wish(
    Array.from({ length: count }, (_, i) => String(i)),
    { version },
  ).targets;

test('exactly the unfit ones are replaced or left out; the others stay, in their order', async () => {
  const some = fc.uniqueArray(fc.nat(29), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(some, some, async (unfit, known) => {
      const bad = wellWithout((outputs) => textsOf(outputs).some((text) => unfit.some((n) => text === `${n} new`)));
      const before = numbered(30, 'old').filter((_, i) => known.includes(i));
      const { outputs, quarantined, incomplete } = await renderIsolated(isolated(numbered(30, 'new'), bad, before));
      const expected = Array.from({ length: 30 }, (_, i) => i)
        .filter((i) => !unfit.includes(i) || known.includes(i))
        .map((i) => `${i} ${unfit.includes(i) ? 'old' : 'new'}`);
      assert.deepEqual(textsOf(outputs), expected);
      assert.deepEqual(new Set([...quarantined.keys()].map(({ id }) => Number(id))), new Set(unfit));
      assert.equal(
        incomplete,
        unfit.some((n) => !known.includes(n)),
      );
    }),
    { numRuns: 40 },
  );
});

test('one that was good like this and no longer is, is left out', async () => {
  const targets = numbered(4);
  const bad = wellWithout((outputs) => textsOf(outputs).includes('2'));
  for (const before of [targets, structuredClone(targets)]) {
    const world = isolated(targets, bad, before);
    for (let pass = 0; pass < 2; pass += 1) {
      const { outputs, quarantined, incomplete } = await renderIsolated(world);
      assert.deepEqual(textsOf(outputs), ['0', '1', '3']);
      assert.deepEqual([...quarantined], [[targets[2], 'bad']]);
      assert.equal(incomplete, true);
    }
  }
});

test('a judge without reason brings nothing to a standstill, and what he was content with last is what comes out', async () => {
  await fc.assert(
    fc.asyncProperty(fc.infiniteStream(fc.boolean()), async (answers) => {
      let judged: readonly Output[] = [];
      let content = false;
      const judge: Judge = (outputs) => {
        judged = outputs;
        content = answers.next().value === true;
        return Promise.resolve(content ? undefined : { stage: 'check', why: 'bad' });
      };
      try {
        const { outputs } = await renderIsolated(isolated(numbered(20, 'new'), judge, numbered(20, 'old')));
        assert.deepEqual([outputs, content], [judged, true]);
      } catch (error) {
        assert.equal((error as Error).message, 'bad');
      }
    }),
    { numRuns: 40 },
  );
});

test('what stands on disk by our own doing is not parsed again', async () => {
  const output = { kind: 'file' as const, path: '/root/a.json', content: '{' };
  const judgeOf = (stands: boolean) => createJudge({ check: () => [], stands: () => stands });
  assert.equal(await judgeOf(true)([output]), undefined);
  assert.equal((await judgeOf(false)([output]))?.stage, 'parse');
});
