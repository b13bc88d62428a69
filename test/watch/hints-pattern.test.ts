import assert from 'node:assert/strict';
import { test } from 'node:test';
import { patternProblem } from '../../src/watch/hints/pattern.ts';

test('what all shippers take', () => {
  const good = String.raw`^\d{4}-\d{2} [\w.-]+ (?i:error) (?-i:x) (?:a|b)*? \"x\" \- \[ ] a} [^\]]+ x{2,} (a{10}){100} \w{100} \x41 ü`;
  for (const pattern of good.split(' ')) assert.equal(patternProblem(pattern), undefined, pattern);
});

test('what some of them refuse, or take for something else', () => {
  const bad = String.raw`(?=a) (?!a) (?<=a) (?<!a) (a)\1 (?<n>a) (?P<n>a) (?i)a (?#a) (?>a) [[:alpha:]] []a] [^]a] [a&&b] [a--b]
    [\d-z] [a-\d] [\b] \A \Z \p{L} \u0041 \cA \0 \< \e \x4 { a{ a{,3} a{2}{3} a++ a** ( ) [a (a{100}){11} a{1001} (\w{10}){11} a{3,2} a\ `;
  for (const pattern of bad.trim().split(/\s+/)) assert.notEqual(patternProblem(pattern), undefined, pattern);
  for (const pattern of ['', 'a\n', 'a\0', '\ud800', 'x'.repeat(1001)])
    assert.notEqual(patternProblem(pattern), undefined, JSON.stringify(pattern));
});

test('whatever is taken compiles, and what is hostile ends', () => {
  const pieces = [
    '(',
    ')',
    '[',
    ']',
    '\\',
    '{',
    '}',
    '*',
    '?',
    '+',
    'a',
    '-',
    '^',
    '1',
    ',',
    ':',
    '|',
    'w',
    'd',
    '<',
    '=',
  ];
  let seed = 7;
  const next = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  let taken = 0;
  for (let round = 0; round < 20_000; round += 1) {
    const pattern = Array.from({ length: 1 + next(8) }, () => pieces[next(pieces.length)]).join('');
    if (patternProblem(pattern) !== undefined) continue;
    taken += 1;
    assert.ok(new RegExp(pattern) instanceof RegExp);
    assert.doesNotMatch(pattern.replace(/\\./g, ''), /\(\?[<=!P]/);
  }
  assert.ok(taken > 100);
  assert.equal(typeof patternProblem('('.repeat(1000)), 'string');
});
