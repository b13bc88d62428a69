import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { discover } from '../../src/ship/discover/discover.ts';
import { strangersPattern } from '../../src/system/pattern.ts';
import { ends } from '../support/hostile.ts';

const harmless = [
  '^\\d{4}-\\d{2}-\\d{2}[T ]\\d+:\\d+',
  '^\\S',
  '^\\[(?:INFO|WARN)\\]',
  '(?i:error)',
  '^.{100}x',
  '^[^ \\t]',
];

test('patterns that ordinary matching never ends with are matched in no time, or refused', async () => {
  const module = new URL('../../src/system/pattern.ts', import.meta.url);
  const over = await ends(
    module,
    (module: { strangersPattern: typeof strangersPattern }, text) => {
      let pattern;
      try {
        pattern = module.strangersPattern(text);
      } catch {
        return;
      }
      pattern.test(`${'a'.repeat(1023)}!`);
    },
    10_000,
  );
  assert.ok(over, 'still at it');
});

test('what can not be bounded is refused, and what shippers have in common is not', () => {
  for (const text of [
    '(a)\\1',
    '(?i:(a+)+)',
    '(?i:a*)',
    '(?:a{1000}){1000}',
    '(?i:a|b|c|d|e|f|g|h|i|j)',
    'x'.repeat(1001),
    '(',
    'a{2000}',
  ])
    assert.throws(() => strangersPattern(text), text);
  for (const text of harmless) assert.ok(strangersPattern(text) instanceof RegExp, text);
  assert.ok(strangersPattern('(?i:error)').test('An ERROR'));
});

test('a pattern finds what it always does', () => {
  const piece = fc.constantFrom('a', 'b', '.', '\\d', '\\w', '\\s', '[a-c]', '[^a]', '(?:a|bc)', '(b|ä)', '\\b', 'é');
  const pattern = fc
    .array(fc.tuple(piece, fc.constantFrom('', '*', '+', '?', '{2}', '{1,3}')), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.map(([one, times]) => (one === '\\b' ? one : one + times)).join(''));
  const line = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', ' ', 'ä', 'é', '😀', '\n'), maxLength: 12 });
  fc.assert(
    fc.property(fc.constantFrom('', '^'), pattern, fc.constantFrom('', '$'), line, (from, middle, to, text) => {
      const whole = from + middle + to;
      assert.equal(strangersPattern(whole).test(text), new RegExp(whole).test(text), whole);
    }),
    { numRuns: 1000 },
  );
});

test('a target with such a pattern is followed line by line, and told of', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'ship-pattern-'));
  t.after(() => rmSync(root, { recursive: true }));
  const path = join(root, 'a.log');
  appendFileSync(path, 'a\n');
  for (const start of ['(a)\\1', 5, '(']) {
    const targets = join(root, 'targets.json');
    writeFileSync(targets, JSON.stringify({ path, multiline: { start } }));
    const own = { pod: undefined, namespace: undefined, files: [] };
    const { sources, problems } = discover({ paths: [], exclude: [], excludeNamespaces: [], targets, own });
    assert.deepEqual([sources.size, sources.get(path)?.multiline, problems.length], [1, undefined, 1], String(start));
  }
});
