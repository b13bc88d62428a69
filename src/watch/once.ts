import { setTimeout as sleep } from 'node:timers/promises';
import { createPasses } from './pass.ts';
import type { WatchInput } from './watch.ts';

/** The pods are waited for so long, in milliseconds. */
const patience = 30_000;
/** As long the namespaces and the node. */
const patienceAround = 5000;

/** One pass, as soon as the pods are known. True if every agent was applied whole. */
export async function watchOnce(input: Omit<WatchInput, 'bell'>, signal: AbortSignal): Promise<boolean> {
  const { log } = input;
  let changed = Promise.withResolvers<void>();
  const pods = await input.pods(() => changed.resolve());
  const end = new AbortController();
  const timeout = AbortSignal.timeout(patience);
  const stop = AbortSignal.any([signal, timeout]);
  stop.addEventListener('abort', () => changed.resolve(), { once: true });
  const surroundings = await input.surroundings?.(() => changed.resolve());
  const ended = AbortSignal.any([stop, end.signal]);
  const running = Promise.all([pods.run(ended), surroundings?.run(ended)]);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    changed.resolve();
  }, patienceAround);
  const isWaiting = () => !pods.synced || (surroundings?.awaited === true && !late);
  while (isWaiting() && !stop.aborted) {
    await changed.promise;
    changed = Promise.withResolvers();
  }
  clearTimeout(timer);
  const waits = { 'container-id-unknown': 0 };
  const passes = createPasses({ ...input, pods, surroundings, waits, patience: 0, now: Date.now });
  if (pods.synced) {
    await passes.pass(true);
    await passes.crew.idle();
    await Promise.race([passes.crew.told(), sleep(patience, undefined, { ref: false })]);
    await passes.crew.close();
  } else log.error('no complete list of pods could be read', { error: pods.error });
  end.abort();
  await running;
  const { applied, scanError, results } = passes.state;
  return applied && scanError === undefined && [...results.values()].every(({ errors }) => errors.length === 0);
}
