import { ConfigError } from '../config/error.ts';

/** Runs until its signal is aborted, or by itself to an end; resolves with an exit code. */
export type Role = (signal: AbortSignal) => Promise<number>;

/**
 * Runs one that keeps and those that feed it. When one of them ends, so do the others, and the keeper last: what was
 * read by then is kept. Throws what was thrown, all problems of the configuration as one `ConfigError`.
 */
export async function runTogether(signal: AbortSignal, keeper: Role, feeders: readonly Role[]): Promise<number> {
  const feeding = new AbortController();
  const keeping = new AbortController();
  const end = () => feeding.abort(signal.reason ?? 'another role has ended');
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  const kept = keeper(keeping.signal);
  const fed = feeders.map((feed) => feed(feeding.signal));
  for (const one of [kept, ...fed]) one.then(end, end);
  const ends = await Promise.allSettled(fed);
  keeping.abort(signal.reason ?? 'another role has ended');
  return outcomeOf([...(await Promise.allSettled([kept])), ...ends]);
}

/** The first exit code that isn't 0. */
function outcomeOf(ends: readonly PromiseSettledResult<number>[]): number {
  const errors = ends.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  const wrong = errors.filter((error) => error instanceof ConfigError);
  if (wrong.length > 0) throw new ConfigError([...new Set(wrong.flatMap(({ problems }) => problems))]);
  if (errors.length > 0) throw errors[0];
  return ends.map((one) => (one.status === 'fulfilled' ? one.value : 0)).find((code) => code !== 0) ?? 0;
}
