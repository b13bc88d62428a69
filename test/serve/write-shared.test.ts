import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseShared } from '../../src/serve/write/shared.ts';

const key = fc.constantFrom('kubernetes', 'log', 'a,"kubernetes', 'kubernetes":{', '__proto__', '\0', 'labels');
const leaf = fc.oneof(
  key,
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\x000', '\\u00000', ',"kubernetes":{}', '{"kubernetes":{"a":"}"}}', '\ud800', 0, 1.5, null, true),
);
/** Objects with a name more than once too, which only text can have. */
const { value } = fc.letrec<{ value: string; object: string }>((tie) => ({
  object: fc
    .array(fc.tuple(key, tie('value')), { maxLength: 4 })
    .map((pairs) => `{${pairs.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`),
  value: fc.oneof(
    { maxDepth: 4 },
    leaf.map((value) => JSON.stringify(value)),
    tie('object'),
    tie('object'),
    fc.array(tie('value'), { maxLength: 3 }).map((values) => `[${values.join(',')}]`),
  ),
}));
const body = fc.array(value, { maxLength: 6 }).map((values) => `[${values.join(',')}]`);
/** The same with a piece taken out, so that it mostly is no JSON. */
const broken = fc
  .tuple(body, fc.nat(200), fc.nat(3))
  .map(([text, at, length]) => text.slice(0, at) + text.slice(at + length));

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

test('records that share an object are what a parser gives, or are left to it', () => {
  fc.assert(
    fc.property(fc.oneof(body, broken), (text) => {
      const found = parseShared(text);
      if (found) assert.deepEqual(found, parsed(text));
    }),
    { numRuns: 1000 },
  );
});

test('the same text is one object', () => {
  const record = (pod: string, log: string) =>
    JSON.stringify({
      log,
      kubernetes: { pod, namespace: 'default', container: 'web', host: 'node-1', labels: { a: '{"}\\' } },
      stream: 'stdout',
    });
  const text = `[${[record('a', 'x'), record('b', ',"kubernetes":{'), record('a', '')].join(',')}]`;
  const found = parseShared(text) as { kubernetes: unknown }[];
  assert.deepEqual(found, JSON.parse(text));
  assert.equal(found[0]?.kubernetes, found[2]?.kubernetes);
});

for (const [title, text] of [
  ['a record that has its object twice', '[{"kubernetes":{},"kubernetes":1}]'],
  ['an object further inside', '[{"a":{"kubernetes":{}}},{"kubernetes":"\\u00000"}]'],
  ['a text with NUL', '[{"kubernetes":{"a":1}},{"kubernetes":"\\u00000"}]'],
  ['no array', '{"kubernetes":{}}'],
  ['no JSON', '[{"kubernetes":{}]'],
  ['an object without an end', '[{"kubernetes":{"a":"}'],
] as const)
  test(`${title} is left to the parser`, () => assert.equal(parseShared(text), undefined));
