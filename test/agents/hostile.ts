import * as fc from 'fast-check';
import type { Target } from '../../src/agent/target.ts';
import { hostileTargets as hostile, hostileText as text } from '../../src/kit/hostile.ts';
import { createRandom } from '../../src/kit/random.ts';
import { makeTarget } from '../../src/kit/targets.ts';

/** How many random inputs a property sees; raise it with FC_RUNS. */
export const runs = Number(process.env['FC_RUNS'] ?? 150);

const random = fc.nat(2 ** 32 - 1).map(createRandom);
const annotations = ['parser', 'sampling-rules', 'redaction-rules'].map(
  (name) => `kubernetes-log-watcher/scalyr-${name}`,
);

/** Text as a stranger would write it. */
export const hostileText = random.map(text);

/** Targets all of whose strangers' text is hostile, without hints. */
export const hostileTargets: fc.Arbitrary<Target[]> = random.map((random) =>
  hostile(random, { labels: ['appdynamics_app', 'appdynamics_tier'], annotations }).map((input) =>
    makeTarget({ ...input, hints: {} }),
  ),
);
