import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createAutomaton } from '../../src/serve/regex/automaton.ts';
import { textOf } from '../../src/serve/regex/contained.ts';
import { compile } from '../../src/serve/regex/program.ts';
import { parse } from '../../src/serve/regex/syntax.ts';
import { matching } from '../../src/serve/query/matching.ts';
import { ends } from '../support/hostile.ts';

const runs = Number(process.env['RUNS'] ?? 2000);

const unit = fc.constantFrom('a', 'A', 'b', 'c', '1', '_', ' ', '-', 'ä', 'Ä', '€', '😀', '\n', '\u2028');
const line = fc.string({ unit, maxLength: 14 });
const atom = fc.constantFrom(
  'a', 'b', '1', '-', ' ', '.', '\\d', '\\D', '\\w', '\\W', '\\s', '\\S', '[a-c]', '[^a]', '[^]', '[]', '[\\d_-]',
  '[]a]', '[b\\-1]', 'ä', '€', '[ä€]', '[^ä]', '😀', '[😀]', '\\x61', '\\u00e4', '\\.', '\\n', '\\0', '\\/', '[\\b]',
); // prettier-ignore
const edge = fc.constantFrom('^', '$', '\\b', '\\B', '');
const times = fc.constantFrom('', '', '', '*', '+', '?', '*?', '{2}', '{1,3}', '{2,}', '{0}', '{0,2}?');
const { pattern } = fc.letrec<{ pattern: string; piece: string }>((tie) => ({
  pattern: fc.oneof(
    { depthSize: 'small' },
    fc.array(tie('piece'), { maxLength: 4 }).map((all) => all.join('')),
    fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `${a}|${b}`),
  ),
  piece: fc.oneof(
    { depthSize: 'small' },
    edge,
    fc.tuple(atom, times).map(([a, b]) => a + b),
    fc.tuple(fc.constantFrom('(', '(?:', '(?<x>'), tie('pattern'), times).map(([a, b, c]) => `${a}${b})${c}`),
  ),
}));

/** What is no pattern for JavaScript, as two groups of one name, is none for anybody. */
function ordinary(text: string): RegExp | undefined {
  try {
    return new RegExp(text);
  } catch {
    return undefined;
  }
}

test('an automaton finds what JavaScript finds, in texts and in their bytes', () => {
  let known = 0;
  fc.assert(
    fc.property(pattern, fc.array(line, { minLength: 1, maxLength: 5 }), (text, lines) => {
      const expected = ordinary(text);
      const node = expected && parse(text);
      const program = node && compile(node);
      if (!expected || !program) return;
      known += 1;
      const automaton = createAutomaton(program);
      const bytes = Buffer.from(lines.join(''));
      let at = 0;
      for (const one of lines) {
        const end = at + Buffer.byteLength(one);
        assert.equal(automaton.inText(one), expected.test(one), `${text} in ${JSON.stringify(one)}`);
        assert.equal(
          automaton.inBytes(bytes, at, end),
          expected.test(one),
          `${text} in bytes of ${JSON.stringify(one)}`,
        );
        at = end;
      }
    }),
    { numRuns: runs },
  );
  assert.ok(known > runs / 2, `${known} of ${runs} patterns are known`);
});

test('the text that is known of a match is in each', () => {
  let found = 0;
  // Few signs, so that much matches.
  const few = fc.string({ unit: fc.constantFrom('a', 'A', 'b', '1', '-', 'ä'), minLength: 8, maxLength: 30 });
  fc.assert(
    fc.property(pattern, fc.array(few, { minLength: 5, maxLength: 10 }), (text, lines) => {
      const expected = ordinary(text);
      const node = expected && parse(text);
      const contained = node ? textOf(node) : '';
      for (const one of contained === '' ? [] : lines) {
        if (expected?.test(one) !== true) continue;
        found += 1;
        assert.ok(one.includes(contained), `${text} in ${JSON.stringify(one)}: ${contained}`);
      }
    }),
    { numRuns: runs },
  );
  assert.ok(found > 0, 'no match was looked at');
});

test('the longest text that has to be there is found', () => {
  const expectations: Record<string, string> = {
    'a.*bcd': 'bcd',
    '^GET /a$': 'GET /a',
    'abc|de+f': '',
    'ab(?:c|d)e': 'ab',
    '(?:abc|de) took (\\d+)ms': ' took ',
    '[eE]rror: x': 'rror: x',
    'x{3}y': 'xxxy',
    'x{3,}yz': 'xxx',
    'x(?:ab)+c': 'xab',
    '(?:abc)?d': 'd',
    'ab*': 'a',
    'a{2000}': 'a'.repeat(64),
    '😀': '',
    'a?': '',
    '.+|abc': '',
    '\\d': '',
  };
  for (const [text, expected] of Object.entries(expectations)) {
    const node = parse(text);
    assert.ok(node, text);
    assert.equal(textOf(node), expected, text);
  }
});

test('what is no pattern of its kind is left to others', () => {
  for (const text of [
    '(a)\\1',
    '(?=a)',
    '(?<!a)b',
    '(?i:a)',
    'a{',
    '{',
    ']',
    '\\ca',
    '\\u{61}',
    '[a-\\d]',
    '\\07',
    '\\k',
  ])
    assert.equal(parse(text), undefined, text);
  const node = parse('(?:a{99}){99}');
  assert.ok(node);
  assert.equal(compile(node), undefined);
  // They are matched all the same, if they can do no harm.
  assert.equal(matching('(?i:error)').inText('An ERROR'), true);
  assert.equal(matching('(?i:error)').inBytes(Buffer.from('An ERROR'), 3, 7), false);
  assert.throws(() => matching('(a)\\1'), /could take too long/);
});

test('no pattern and no text make it slow', async () => {
  const module = new URL('../../src/serve/query/matching.ts', import.meta.url);
  const over = await ends(
    module,
    (module: { matching: typeof matching }, text) => {
      let state = 1;
      const any = () => 'ab'[(state = Math.imul(state, 1_103_515_245) + 12_345) >>> 31];
      const noise = Array.from({ length: 100_000 }, any).join('');
      const pattern = module.matching(text);
      for (const line of ['a'.repeat(100_000), noise, 'é'.repeat(50_000)]) {
        pattern.inText(line);
        pattern.inBytes(Buffer.from(line), 0, Buffer.byteLength(line));
      }
    },
    60_000,
  );
  assert.ok(over, 'still at it');
});
