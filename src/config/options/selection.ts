import { checkLabel, checkPattern, checkSelector, each } from '../check.ts';
import type { OptionTable } from '../option.ts';

/** The keys of annotations; what they mean is told in `src/watch/hints/`. */
const hints = [
  'include',
  'exclude',
  'parser',
  'multiline-start',
  'sampling',
  'redaction',
  'tenant',
  'attributes',
] as const;

/** Which containers are shipped, and who may say so. */
export const selectionOptions = {
  'strict-labels': {
    type: 'list',
    default: ['application', 'version'],
    check: each(checkLabel),
    describe: 'Labels that a pod must have to be shipped; empty asks for none',
  },
  'label-map': {
    type: 'data',
    describe:
      'Where application, component, environment, version and release come from if not from labels of these names: a mapping of lists, or the word recommended',
  },
  'include-labels': {
    type: 'list',
    default: [],
    check: each(checkSelector),
    describe: 'Ships only pods that one of these selects: app=web, app!=web, app or !app',
  },
  'exclude-labels': {
    type: 'list',
    default: [],
    check: each(checkSelector),
    describe: 'Leaves out pods that one of these selects: app=web, app!=web, app or !app',
  },
  'include-namespaces': {
    type: 'list',
    default: [],
    check: each(checkPattern),
    describe: 'Ships only these namespaces; * stands for any text',
  },
  'exclude-namespaces': {
    type: 'list',
    default: [],
    check: each(checkPattern),
    describe: 'Leaves out these namespaces; * stands for any text',
  },
  'exclude-containers': {
    type: 'list',
    default: [],
    check: each(checkPattern),
    describe: 'Leaves out containers of these names; * stands for any text',
  },
  hints: {
    type: 'list',
    default: hints,
    choices: ['none', ...hints],
    check: (value) =>
      (value as readonly string[]).includes('none') && (value as readonly string[]).length > 1
        ? 'has none beside others'
        : undefined,
    describe: 'The hints that annotations may give; none or an empty list allows none',
  },
  'hint-policy': {
    type: 'data',
    describe:
      'Hints of the operator for containers without such annotations: a list of rules with hints and namespaces, labels or containers',
  },
  tenants: {
    type: 'data',
    describe:
      'The tenants that the pods of a namespace may choose among, a mapping of namespaces; the first is the default',
  },
  'require-include': {
    type: 'boolean',
    default: false,
    describe: 'Ships only what asks for it by the hint include',
  },
  'include-own-pod': { type: 'boolean', default: false, describe: 'Ships the logs of the own pod too' },
} as const satisfies OptionTable;
