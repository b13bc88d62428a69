import * as fc from 'fast-check';
import {
  aggregateOps,
  binaryOps,
  rangeOps,
  type LabelFilter,
  type LogQuery,
  type Metric,
  type Query,
  type Stage,
} from '../../src/serve/logql/syntax.ts';

/** Objects as literals make them. */
const record = <T extends object>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record<T>(shape, { noNullPrototype: true });

const keywords = new Set(['json', 'drop', 'keep', 'or', 'and', 'unless', 'ip', 'bool', 'by', 'without']);
const name = fc.stringMatching(/^[a-z_][a-z0-9_]{0,6}$/).filter((word) => !keywords.has(word));
const text = fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'binary', maxLength: 8 }));
const pattern = fc.constantFrom('a.*b', '[a-z]+', 'x|y', '\\d{1,3}', '', '^\\w+$', '"');
const matcher = fc.oneof(
  record({ name, op: fc.constantFrom('=' as const, '!=' as const), value: text }),
  record({ name, op: fc.constantFrom('=~' as const, '!~' as const), value: pattern }),
);
const { filter } = fc.letrec<{ filter: LabelFilter }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    record({ kind: fc.constant('match' as const), matcher }),
    record({
      kind: fc.constant('compare' as const),
      name,
      op: fc.constantFrom('==' as const, '!=' as const, '>' as const, '>=' as const, '<' as const, '<=' as const),
      value: fc.integer({ min: 0, max: 1e9 }),
      unit: fc.constantFrom('number' as const, 'duration' as const, 'bytes' as const),
    }),
    record({ kind: fc.constantFrom('and' as const, 'or' as const), left: tie('filter'), right: tie('filter') }),
  ),
}));
const values = (one: fc.Arbitrary<string>) => fc.array(one, { minLength: 1, maxLength: 3 });
const stage: fc.Arbitrary<Stage> = fc.oneof(
  record({
    kind: fc.constant('line' as const),
    op: fc.constantFrom('|=' as const, '!=' as const),
    values: values(text),
  }),
  record({
    kind: fc.constant('line' as const),
    op: fc.constantFrom('|~' as const, '!~' as const),
    values: values(pattern),
  }),
  record({
    kind: fc.constantFrom('json' as const, 'logfmt' as const),
    fields: fc.array(record({ label: name, path: text }), { maxLength: 2 }),
  }),
  record({ kind: fc.constant('filter' as const), filter }),
  record({
    kind: fc.constantFrom('drop' as const, 'keep' as const),
    names: fc.array(fc.oneof(name, matcher), { minLength: 1, maxLength: 2 }),
  }),
  record({
    kind: fc.constant('rename' as const),
    pairs: fc.array(fc.tuple(name, name), { minLength: 1, maxLength: 2 }),
  }),
  record({ kind: fc.constant('regexp' as const), pattern: fc.constant('(?<a>x+) (?<b>\\d)') }),
  record({ kind: fc.constant('decolorize' as const) }),
);
const isOne = (before: Stage | undefined, one: Stage) =>
  (before?.kind === 'drop' || before?.kind === 'keep') && one.kind === 'line';
const log: fc.Arbitrary<LogQuery> = record({
  kind: fc.constant('log' as const),
  matchers: fc.array(matcher, { maxLength: 3 }),
  // `drop a != "b"` is one stage, not two.
  stages: fc
    .array(stage, { maxLength: 4 })
    .map((all) => all.reduce<Stage[]>((made, one) => (isOne(made.at(-1), one) ? made : [...made, one]), [])),
});
const length = fc.bigInt({ min: 1n, max: 2n ** 50n });
const grouping = fc.option(record({ without: fc.boolean(), names: fc.array(name, { maxLength: 2 }) }), {
  nil: undefined,
});
const { metric } = fc.letrec<{ metric: Metric }>((tie) => ({
  metric: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    record({
      kind: fc.constant('range' as const),
      op: fc.constantFrom(...rangeOps),
      log,
      range: length,
      offset: fc.oneof(
        fc.constant(0n),
        length,
        length.map((one) => -one),
      ),
    }),
    record({ kind: fc.constantFrom('number' as const, 'vector' as const), value: fc.nat() }),
    record({
      op: fc.constantFrom(...aggregateOps),
      grouping,
      of: tie('metric'),
      count: fc.integer({ min: 1, max: 9 }),
    }).map(({ op, grouping, of, count }): Metric => {
      const parameter = op === 'topk' || op === 'bottomk' ? count : undefined;
      return { kind: 'aggregate', op, parameter, grouping, of };
    }),
    record({
      kind: fc.constant('binary' as const),
      op: fc.constantFrom(...binaryOps.flat()),
      bool: fc.boolean(),
      left: tie('metric'),
      right: tie('metric'),
    }),
  ),
}));
/** Any query that is known. */
export const query: fc.Arbitrary<Query> = fc.oneof(log, metric);
