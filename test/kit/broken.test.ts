import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Agent, Fill } from '../../src/agent/agent.ts';
import { checks } from '../../src/kit/checks.ts';
import { examine } from '../../src/kit/kit.ts';

/** The one check that has to catch each. */
const caughtBy: Readonly<Record<string, string>> = {
  clock: 'repeatable',
  'changes-input': 'untouched-input',
  'first-is-special': 'order-of-targets',
  'label-order': 'order-of-labels',
  'needs-one': 'no-targets',
  'few-at-most': 'many-targets',
  'loses-some': 'every-target',
  'never-forgets': 'removal',
  'same-path': 'distinct-paths',
  'path-from-label': 'places',
  'no-json': 'formats',
  'raw-json': 'hostile-text',
  'label-wins': 'values',
  'leaks-secret': 'secrets',
};

const fill: Fill = () => '';
const folder = join(import.meta.dirname, 'broken');
const settings = { runs: 600, seed: 7 };

for (const file of await readdir(folder)) {
  const name = file.replace(/\.ts$/, '');
  test(`${name} fails for ${caughtBy[name]} and nothing else; mended it passes`, async () => {
    const { default: broken, mended } = (await import(join(folder, file))) as Record<'default' | 'mended', Agent>;
    const failed = (await examine({ agent: broken, fill }, settings)).filter(({ finding }) => finding);
    assert.deepEqual(
      failed.map(({ name }) => name),
      [caughtBy[name]],
      JSON.stringify(failed),
    );
    const results = await examine({ agent: mended, fill }, settings);
    assert.deepEqual(
      results.filter(({ finding }) => finding),
      [],
    );
  });
}

test('every check but that of a single target catches one', () => {
  const idle = checks.map(({ name }) => name).filter((name) => !Object.values(caughtBy).includes(name));
  assert.deepEqual(idle, ['one-target']);
});

test('the example is the smallest', async () => {
  const { default: agent } = (await import('./broken/raw-json.ts')) as { default: Agent };
  const found = (await examine({ agent, fill }, settings)).find(({ name }) => name === 'hostile-text')?.finding;
  const [input, ...others] = found?.example ?? [];
  assert.equal(others.length, 0);
  const { id, log, format, containerId, ...rest } = input ?? {};
  assert.deepEqual(Object.keys(rest), ['labels'], JSON.stringify({ id, log, format, containerId }));
  assert.deepEqual(Object.keys(rest.labels ?? {}), ['team']);
  assert.equal(rest.labels?.['team']?.length, 1);
});

test('the same seed gives the same', async () => {
  const { default: agent } = (await import('./broken/path-from-label.ts')) as { default: Agent };
  const [one, two] = [await examine({ agent, fill }, settings), await examine({ agent, fill }, settings)];
  assert.deepEqual(one, two);
});
