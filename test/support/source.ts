import type { TestContext } from 'node:test';
import type { Source } from '../../src/kubernetes/source.ts';

/** Runs a source until it is stopped, at the end of the test at the latest. */
export function runSource(t: Pick<TestContext, 'after'>, source: Pick<Source<unknown>, 'run'>) {
  const stop = new AbortController();
  const ended = source.run(stop.signal);
  t.after(async () => {
    stop.abort();
    await ended;
  });
  return { stop, ended };
}
