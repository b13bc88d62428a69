import type { Rules } from '../../src/watch/filter.ts';

/** Rules that leave nothing out. */
export const noRules: Rules = {
  strictLabels: [],
  includeLabels: [],
  excludeLabels: [],
  includeNamespaces: [],
  excludeNamespaces: [],
  excludeContainers: [],
};
