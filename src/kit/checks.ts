import type { Check } from './check.ts';
import { hostileText, places, readable, distinctPaths, secrets } from './checks/judging.ts';
import { labelOrder, repeatable, targetOrder, untouched } from './checks/same.ts';
import { everyTarget, manyTargets, noTargets, oneTarget, removal } from './checks/targets.ts';
import { values } from './checks/values.ts';

/** All checks, in the order in which they are told. */
export const checks: readonly Check[] = [
  repeatable,
  untouched,
  targetOrder,
  labelOrder,
  noTargets,
  oneTarget,
  manyTargets,
  everyTarget,
  removal,
  distinctPaths,
  places,
  readable,
  hostileText,
  values,
  secrets,
];
