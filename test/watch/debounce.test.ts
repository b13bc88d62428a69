import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { begin, dueAt, fail, isDone, nothing, succeed, usual, want, type Timing } from '../../src/watch/debounce.ts';

interface Event {
  at: number;
  urgent?: boolean;
}
interface Run {
  from: number;
  to: number;
  ok: boolean;
}
/** How long each reload takes, whether it works, and by how much its retry is spread; the last ones all work. */
interface Outcome {
  lasts: number;
  ok: boolean;
  chance: number;
}

/** What happens on a clock of its own, until nothing is left to do. */
function play(events: readonly Event[], outcomes: readonly Outcome[], timing: Timing): Run[] {
  const runs: Run[] = [];
  let agenda = nothing;
  let now = 0;
  let next = 0;
  for (let steps = 0; next < events.length || !isDone(agenda); steps += 1) {
    assert.ok(steps < 10_000, 'it comes to an end');
    const last = runs.at(-1);
    const due = dueAt(agenda, timing) ?? Number.POSITIVE_INFINITY;
    const end = agenda.running && last ? last.to : Number.POSITIVE_INFINITY;
    const event = events[next];
    const happens = Math.min(event?.at ?? Number.POSITIVE_INFINITY, end, Math.max(now, due));
    assert.ok(Number.isFinite(happens), 'what is wanted is never lost');
    now = happens;
    if (event?.at === now) {
      agenda = want(agenda, now, event.urgent ?? false);
      next += 1;
    } else if (last && end === now) {
      const { chance = 0 } = outcomes[runs.length - 1] ?? {};
      agenda = last.ok ? succeed(agenda) : fail(agenda, now, chance, timing);
    } else {
      agenda = begin(agenda, now, timing);
      const { lasts, ok } = outcomes[runs.length] ?? { lasts: 5, ok: true };
      runs.push({ from: now, to: now + lasts, ok });
    }
  }
  return runs;
}

const outcomes = fc.array(
  fc.record({
    lasts: fc.integer({ min: 0, max: 20_000 }),
    ok: fc.boolean(),
    chance: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  { maxLength: 30, size: 'max' },
);
const events = fc
  .array(
    fc.tuple(
      fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 900 }), fc.integer({ min: 0, max: 30_000 })),
      fc.boolean(),
    ),
    {
      minLength: 1,
      maxLength: 200,
      size: 'max',
    },
  )
  .map((gaps) => {
    let at = 0;
    return gaps.map(([gap, urgent]): Event => ({ at: (at += gap), urgent }));
  });

test('whatever happens: within the budget, never two at once, and every want is followed by a reload that worked', () => {
  fc.assert(
    fc.property(events, outcomes, fc.integer({ min: 1, max: 12 }), (events, outcomes, budget) => {
      const timing = { ...usual, budget };
      const runs = play(events, outcomes, timing);
      runs.forEach(({ from }, i) => {
        assert.ok(from >= (runs[i - 1]?.to ?? 0), 'two at once');
        const earlier = runs[i - budget];
        if (earlier) assert.ok(from - earlier.from >= timing.window, 'over the budget');
      });
      for (const { at } of events)
        assert.ok(
          runs.some(({ from, ok }) => ok && from >= at),
          'a want was lost',
        );
      assert.ok(runs.length <= events.length + outcomes.filter(({ ok }) => !ok).length, 'nobody wanted that many');
    }),
    { numRuns: 300 },
  );
});

test('a reload begins within the longest wait, an urgent one within the quiet time, unless one runs or the budget is spent', () => {
  fc.assert(
    fc.property(events, outcomes, (events, outcomes) => {
      const runs = play(events, outcomes, usual);
      for (const { at, urgent } of events) {
        const i = runs.findIndex(({ from }) => from >= at);
        const { from } = runs[i] ?? assert.fail('lost');
        const free = Math.max(runs[i - 1]?.to ?? 0, (runs[i - usual.budget]?.from ?? -usual.window) + usual.window);
        assert.ok(
          from <= Math.max(at + (urgent ? usual.quiet : usual.longest), free),
          `wanted at ${at}, begun at ${from}`,
        );
      }
    }),
    { numRuns: 300 },
  );
});

const quick = { lasts: 10, ok: true, chance: 1 };
const starts = (events: readonly Event[], outcomes: readonly Outcome[] = []) =>
  play(events, outcomes, usual).map(({ from }) => from);

test('500 wants in a second are one reload, and at most two when they are urgent', () => {
  const storm = Array.from({ length: 500 }, (_, i) => ({ at: i * 2 }));
  assert.deepEqual(starts(storm), [1998]);
  assert.deepEqual(starts(storm.map(({ at }) => ({ at, urgent: true }))), [0, 1000]);
});

test('wants without end are served after the longest wait, until the budget is spent', () => {
  const stream = Array.from({ length: 1200 }, (_, i) => ({ at: i * 100 }));
  assert.deepEqual(
    starts(stream).slice(0, 11),
    [5000, 10_100, 15_200, 20_300, 25_400, 30_500, 35_600, 40_700, 45_800, 50_900, 65_000],
  );
});

test('a failure is tried again after a wait that doubles, to a minute; a new want takes the place of the retry', () => {
  const failed = Array.from({ length: 9 }, () => ({ lasts: 0, ok: false, chance: 1 }));
  const runs = starts([{ at: 0 }], failed);
  assert.deepEqual(
    runs.slice(1).map((from, i) => (from - (runs[i] ?? 0)) / 1000),
    [1, 2, 4, 8, 16, 32, 60, 60, 60],
  );
  assert.deepEqual(
    starts([{ at: 0 }, { at: 40_000 }], failed.slice(0, 6)),
    [1000, 2000, 4000, 8000, 16_000, 32_000, 41_000],
  );
});

test('retries are spread', () => {
  const failure = { lasts: 0, ok: false };
  assert.deepEqual(starts([{ at: 0 }], [{ ...failure, chance: 0 }]), [1000, 1500]);
  assert.deepEqual(starts([{ at: 0 }], [{ ...failure, chance: 0.5 }]), [1000, 1750]);
});

test('what is wanted during a reload leads to one more after it', () => {
  assert.deepEqual(starts([{ at: 0 }, { at: 1005 }], [{ ...quick, lasts: 3000 }]), [1000, 4000]);
});
