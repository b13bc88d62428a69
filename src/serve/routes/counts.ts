import { answering } from '../query/answer.ts';
import { count } from '../query/counting.ts';
import { formatDuration, parseDuration } from '../query/duration.ts';
import { between, parametersOf, type Parameters } from '../query/parameters.ts';
import { json } from '../reply.ts';
import type { Handler, Route } from '../route.ts';
import { asking, readRange, readSeries, readText } from '../query/selection.ts';
import type { Count } from '../store.ts';
import { formatTime } from '../time.ts';

const mostSteps = 11_000;

const counts: Handler = async ({ query, signal }, { store, values, now }) => {
  const parameters = parametersOf(query);
  const conditions = [...readSeries(parameters), ...readText(parameters)];
  const range = readRange(parameters, now(), BigInt(values['query-range']) * 1_000_000_000n);
  const step = readStep(parameters, range);
  const by = [...new Set(parameters.all('by'))];
  if (by.includes('') || by.length > 10) parameters.wrong('by', 'is empty, or more than 10 names', 'names');
  const limit = parameters.one('limit', between(1, 10_000), '1 to 10000') ?? 1000;
  parameters.done();
  const found = await count(store, asking(conditions, range), { by, step }, signal);
  const { kept, more } = largest(found, limit);
  return json(200, {
    counts: kept.map((one) => ({ time: formatTime(one.start), by: one.by, count: one.count, bytes: one.bytes })),
    step: step === undefined ? null : formatDuration(step),
    from: formatTime(range.from),
    to: formatTime(range.to),
    more,
  });
};

function readStep(parameters: Parameters, { from, to }: { from: bigint; to: bigint }): bigint | undefined {
  const help = 'a length of time, as 1m or 500ms';
  const step = parameters.one('step', parseDuration, help);
  const steps = parameters.one('steps', between(1, mostSteps), `1 to ${mostSteps}`);
  if (steps !== undefined && step !== undefined) parameters.wrong('steps', 'is given beside step', 'one of them');
  const least = step ?? (steps === undefined ? undefined : roundStep(to - from, steps));
  if (least === undefined) return undefined;
  if (least <= 0n || (to - from) / least > BigInt(mostSteps)) {
    parameters.wrong('step', `gives more than ${mostSteps} steps`, 'a longer step, or a shorter time');
    return undefined;
  }
  return least;
}

const second = 1_000_000_000n;
const round = [
  ...[1n, 2n, 5n, 10n, 20n, 50n, 100n, 200n, 500n].map((count) => (count * second) / 1000n),
  ...[1n, 2n, 5n, 10n, 15n, 30n].map((count) => count * second),
  ...[1n, 2n, 5n, 10n, 15n, 30n].map((count) => count * 60n * second),
  ...[1n, 2n, 3n, 6n, 12n, 24n, 48n, 168n].map((count) => count * 3600n * second),
];

/** The shortest round step of which at most so many lie in a time, wherever it begins. */
function roundStep(length: bigint, steps: number): bigint {
  // A time that begins within a step ends within one more.
  const fits = (step: bigint) => length / step + (steps > 1 ? 2n : 1n) <= BigInt(steps);
  const week = 168n * 3600n * second;
  const found = round.find(fits);
  if (found !== undefined) return found;
  let step = week;
  while (!fits(step) && step < length) step *= 2n;
  return step;
}

/** The counts of those combinations that have most lines. */
function largest(counts: readonly Count[], limit: number): { kept: Count[]; more: boolean } {
  const sums = new Map<string, number>();
  const keyed = counts.map((one) => ({ one, key: JSON.stringify(one.by) }));
  for (const { one, key } of keyed) sums.set(key, (sums.get(key) ?? 0) + one.count);
  const kept = new Set(
    [...sums]
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, limit)
      .map(([key]) => key),
  );
  const ordered = keyed
    .filter(({ key }) => kept.has(key))
    .toSorted((a, b) =>
      a.one.start === b.one.start
        ? b.one.count - a.one.count || (a.key < b.key ? -1 : 1)
        : a.one.start < b.one.start
          ? -1
          : 1,
    );
  return { kept: ordered.map(({ one }) => one), more: sums.size > kept.size };
}

/** How many lines there are: for steps of time, and for the values of names. */
export default { path: '/api/counts', access: 'read', methods: { GET: answering(counts) } } satisfies Route;
