import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actualFiles, expectedFiles, goldenCases } from './golden.ts';
import { allAgents } from './render.ts';

const cases = await goldenCases();

for (const name of cases) {
  test(`${name} is as expected`, async () => {
    const [actual, expected] = [await actualFiles(name), await expectedFiles(name)];
    assert.deepEqual([...actual.keys()].sort(), [...expected.keys()]);
    for (const [path, content] of expected) assert.equal(actual.get(path), content, path);
  });
}

test('every agent has a case', async () => {
  const covered = new Set(cases.map((name) => name.split('/')[0]));
  for (const { agent } of await allAgents()) assert.ok(covered.has(agent.name), agent.name);
});
