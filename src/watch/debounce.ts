/** Milliseconds, but for the budget. */
export interface Timing {
  /** A reload begins when nobody has wanted one for so long. */
  quiet: number;
  /** But no later than so long after the first want. */
  longest: number;
  /** How many may begin within a window, retries and urgent ones included; at least 1. */
  budget: number;
  window: number;
  /** The wait after the first failure; it doubles with each one that follows. */
  retry: number;
  longestRetry: number;
}

/** What is to be done, and what was done lately. Times are milliseconds of one clock that never goes back. */
export interface Agenda {
  /** What was wanted since the last reload began. */
  wanted?: { first: number; last: number; urgent?: number };
  /** When the last reload, which failed, is tried again; one that is wanted anew takes its place. */
  retryAt?: number;
  /** How many reloads in a row have failed. */
  failures: number;
  running: boolean;
  /** When the last ones began, as many as the budget counts. */
  begun: readonly number[];
}

export const usual: Timing = {
  quiet: 1000,
  longest: 5000,
  budget: 10,
  window: 60_000,
  retry: 1000,
  longestRetry: 60_000,
};

export const nothing: Agenda = { failures: 0, running: false, begun: [] };

/** Whether nothing is left to do. */
export const isDone = ({ wanted, retryAt, running }: Agenda) => !wanted && retryAt === undefined && !running;

/** A reload that failed counts as failing while it is tried again, too. */
export function statusOf({ wanted, running, failures }: Agenda): 'idle' | 'waiting' | 'running' | 'failing' {
  if (failures > 0) return 'failing';
  if (running) return 'running';
  return wanted ? 'waiting' : 'idle';
}

/**
 * When the next reload is due; undefined while one runs and when none is needed. An urgent one does not wait for quiet,
 * but keeps the quiet time between itself and the reload before: a storm of them is one reload, and one after it.
 */
export function dueAt({ wanted, retryAt, running, begun }: Agenda, timing: Timing): number | undefined {
  if (running || (!wanted && retryAt === undefined)) return undefined;
  const { quiet, longest, window } = timing;
  const whens = [retryAt ?? Number.POSITIVE_INFINITY];
  if (wanted) {
    const { first, last, urgent } = wanted;
    whens.push(last + quiet, first + longest);
    if (urgent !== undefined) whens.push(Math.max(urgent, (begun.at(-1) ?? Number.NEGATIVE_INFINITY) + quiet));
  }
  const oldest = begun.at(-budgetOf(timing));
  return Math.max(Math.min(...whens), oldest === undefined ? Number.NEGATIVE_INFINITY : oldest + window);
}

export function want(agenda: Agenda, now: number, urgent: boolean): Agenda {
  const before = agenda.wanted;
  const urgentAt = before?.urgent ?? (urgent ? now : undefined);
  return { ...agenda, wanted: { first: before?.first ?? now, last: now, urgent: urgentAt } };
}

/** A reload begins, for everything that was wanted until now. */
export function begin({ failures, begun }: Agenda, now: number, timing: Timing): Agenda {
  return { failures, running: true, begun: [...begun, now].slice(-budgetOf(timing)) };
}

export function succeed(agenda: Agenda): Agenda {
  return { ...agenda, running: false, failures: 0 };
}

/** `chance`, from 0 to 1, spreads the retries of many nodes. */
export function fail(agenda: Agenda, now: number, chance: number, { retry, longestRetry }: Timing): Agenda {
  const wait = Math.round(Math.min(longestRetry, retry * 2 ** agenda.failures) * (0.5 + chance / 2));
  return { ...agenda, running: false, failures: agenda.failures + 1, retryAt: now + wait };
}

function budgetOf({ budget }: Timing): number {
  return Math.max(1, Math.floor(budget));
}
