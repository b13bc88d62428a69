import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { compare } from '../../src/kit/golden.ts';
import { goldenCases, root } from './golden.ts';
import { allAgents, oneAgent } from './render.ts';

const cases = await goldenCases();

for (const name of cases) {
  test(`${name} is as expected`, async () => {
    assert.deepEqual(await compare(await oneAgent(name.split('/')[0] ?? ''), join(root, name)), []);
  });
}

test('every agent has a case', async () => {
  const covered = new Set(cases.map((name) => name.split('/')[0]));
  for (const { agent } of await allAgents()) assert.ok(covered.has(agent.name), agent.name);
});
