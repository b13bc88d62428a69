import type { Target } from '../../../src/agent/target.ts';
import { facts, file, tailor, type Render } from '../tailor.ts';

const render =
  (own: (targets: readonly Target[]) => Target[]): Render =>
  ({ targets, options }) =>
    own(targets)
      .sort((a, b) => (a.pod.name < b.pod.name ? 1 : -1))
      .map((target) => file(options['dest-path'], target, facts(target)));

/** Sorts the list that other agents are given too. */
export default tailor(
  'changes-input',
  render((targets) => targets as Target[]),
);
export const mended = tailor(
  'changes-input',
  render((targets) => [...targets]),
);
