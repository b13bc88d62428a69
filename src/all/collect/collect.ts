import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Process } from '../../config/command.ts';
import type { Inside } from '../../serve/inside.ts';
import type { ServeValues } from '../../serve/options.ts';
import { runServe } from '../../serve/run.ts';
import { runShip } from '../../ship/run.ts';
import { runTogether, type Role } from '../together.ts';
import { coreOf, runLabels, type Core } from './labels.ts';
import type { CollectValues } from './options.ts';
import { ownPart, pushingTo, shippingOf, targetsIn } from './shipping.ts';

/**
 * `serve --collect`: serve, and ship that brings it what is written below the root; with Kubernetes the labels of pods
 * too. No request is answered before what is there is followed, so that what is written from then on is not missed.
 */
export async function runCollect(values: ServeValues & CollectValues, process: Process): Promise<number> {
  const data = join(values['data-path'], 'collector');
  const env = ownPart(process.env);
  const shipping = shippingOf(values, data, env);
  const core = values['log-collector'] === 'Kubernetes' ? coreOf(env) : undefined;

  const opened = Promise.withResolvers<Inside | undefined>();
  const begun = Promise.withResolvers<void>();
  const keep: Role = (signal) =>
    runServe(values, { ...process, signal }, (inside) => {
      opened.resolve(inside);
      return begun.promise;
    }).finally(() => opened.resolve(undefined));
  const labelled = Promise.withResolvers<void>();
  const ship: Role = async (signal) => {
    try {
      const inside = await opened.promise;
      if (!inside) return 0;
      // So that the first lines have their labels too, unless nobody tells them.
      if (core) await Promise.race([labelled.promise, sleep(patience, undefined, { signal }).catch(() => undefined)]);
      return await runShip(pushingTo(inside, shipping), { ...process, env, signal }, begun.resolve);
    } finally {
      begun.resolve();
    }
  };
  const label =
    (core: Core): Role =>
    async (signal) => {
      const input = { core, targets: targetsIn(data), settings: shipping, level: values['log-level'] };
      await runLabels({ ...input, onKnown: labelled.resolve }, process, signal);
      return 0;
    };
  return runTogether(process.signal, keep, core ? [label(core), ship] : [ship]);
}

/** Milliseconds for which the first look waits for the labels of pods. */
const patience = 2000;
