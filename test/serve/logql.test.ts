import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseDuration } from '../../src/serve/query/duration.ts';
import { parse, parseSelector } from '../../src/serve/logql/parse.ts';
import { print } from '../../src/serve/logql/print.ts';
import { LogqlError } from '../../src/serve/logql/syntax.ts';
import { query } from './any-query.ts';

test('what is printed is read as the same query', () => {
  fc.assert(
    fc.property(query, (one) => assert.deepEqual(parse(print(one)), one)),
    { numRuns: 1000 },
  );
});

const words = [
  '{',
  '}',
  '(',
  ')',
  '[5m]',
  '|=',
  '|~',
  '|',
  'json',
  '"a"',
  '`b`',
  'sum',
  'by',
  'rate',
  'a',
  '=',
  '!=',
  '1h',
  '5',
  ',',
  'or',
  'offset',
  '-',
  'topk',
  '#',
  '\n',
  '"',
  '[',
  '10KB',
  'unwrap',
  'é',
];

test('whatever is asked is read, or refused with one kind of error', () => {
  const garbage = fc.oneof(
    fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((all) => all.join(' ')),
    fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((all) => all.join('')),
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.tuple(query, fc.nat(), fc.constantFrom(...words)).map(([one, at, word]) => {
      const whole = print(one);
      return `${whole.slice(0, at % (whole.length + 1))}${word}${whole.slice((at % (whole.length + 1)) + 1)}`;
    }),
  );
  const known = (one: string) => {
    try {
      parse(one);
      return true;
    } catch (error) {
      return error instanceof LogqlError;
    }
  };
  fc.assert(fc.property(garbage, known), { numRuns: 2000 });
  const deep = 100_000;
  for (const one of [
    '('.repeat(deep),
    'sum('.repeat(10_000),
    `1${'^1'.repeat(20_000)}`,
    `{a="b"} | ${'('.repeat(20_000)}`,
    `{${'a="b",'.repeat(5000)}`,
    `"${'\\'.repeat(40_000)}`,
    '1+'.repeat(20_000),
    `rate(${'('.repeat(10_000)}`,
  ])
    assert.ok(known(one), one.slice(0, 20));
});

test('what people write', () => {
  const same = (one: string, other: string) => assert.deepEqual(parse(one), parse(other), one);
  same('sum by (a, b) (rate({x="y"}[5m]))', 'sum(rate({x="y"} [5m])) by (a,b)');
  same('sum(rate({x="y"}[5m] |= "a"))', 'sum(rate({x="y"} |= "a" [5m]))');
  same('SUM(rate(({x="y"} |= "a") [300s]))', 'sum(rate({x="y"} |= "a" [5m]))');
  same('{x="y",} # a comment\n |= `a\\d`', '{x="y"} |= "a\\\\d"');
  same('{x="y"} | a="b" | c="d"', '{x="y"}|a="b"|c="d"');
  same('{x="y"} | a="b", c>5 d<1m', '{x="y"} | a="b" and c>5 and d<60s');
  same('{x="y"} | size > 10KB', '{x="y"} | size > 10000B');
  same('{x="y"} | size > 1KiB', '{x="y"} | size > 1024B');
  same('1 + 2 * 3 ^ 2 ^ 2 - 4', '(1 + (2 * (3 ^ (2 ^ 2)))) - 4');
  same('1 > 2 or 3 and 4', '((1 > 2) or (3 and 4))');
  same('count_over_time({x="y"}[1m] offset 1h)', 'count_over_time({x="y"}[60s] offset 60m)');
  same('{x="y"} |~ "(?i)err[a-f]"', '{x="y"} |~ "[eE][rR][rR][a-fA-F]"');
  assert.deepEqual(parseSelector('{a="b", c!~"d"}'), [
    { name: 'a', op: '=', value: 'b' },
    { name: 'c', op: '!~', value: 'd' },
  ]);
  assert.deepEqual(parse('{a="\\u00e9\\n\\x41\\t\\xc3\\xa9"}'), {
    kind: 'log',
    matchers: [{ name: 'a', op: '=', value: 'é\nA\té' }],
    stages: [],
  });
});

test('what is not known is named', () => {
  const refused = (one: string, what: RegExp) =>
    assert.throws(
      () => parse(one),
      (error) => error instanceof LogqlError && what.test(error.message),
      one,
    );
  refused('{a="b"} | line_format "x"', /at character 9: the stage line_format is not known here; known are json/);
  refused('{a="b"} | unwrap x', /unwrap is not known/);
  refused('{a="b"} | frobnicate', /"frobnicate" is not known/);
  refused('{a="b"} |> "<_> x"', /\|> \(patterns\) is not known/);
  refused('{a="b"} |= ip("10.0.0.0/8")', /ip\(\) is not known/);
  refused(
    'quantile_over_time(0.9, {a="b"} | unwrap x [1m])',
    /"quantile_over_time" is not known here; known are count_over_time/,
  );
  refused('sum(rate({a="b"}[5m])) / on(pod) sum(rate({a="b"}[5m]))', /on is not known/);
  refused('{a="b"', /the end stands where "}" should be/);
  refused('{a=b}', /"b" stands where a text in quotes should be/);
  refused('sum({a="b"})', /takes numbers/);
  refused('{a="b"} + 1', /can't join lines/);
  refused('rate({a="b"})', /\[5m\], should be here/);
  refused('rate({a="b"}[5 minutes])', /is no length of time/);
  refused('{a=~"("}', /Unterminated group/);
  refused('{a=~"(a+)+\\\\1"}', /too long/);
  refused('topk(0, rate({a="b"}[5m]))', /1 or more/);
  refused('{a="b"} {', /"\{" is not expected/);
  refused(' '.repeat(60_000), /more than 50000 characters/);
});

test('lengths of time', () => {
  assert.deepEqual(
    ['1h30m', '1.5s', '500ms', '7d', '2w', '1y', '0s', '5', '', '5x', '-5m', '99999999999999999y'].map(parseDuration),
    [
      5_400_000_000_000n,
      1_500_000_000n,
      500_000_000n,
      604_800_000_000_000n,
      1_209_600_000_000_000n,
      31_536_000_000_000_000n,
      0n,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ],
  );
});
