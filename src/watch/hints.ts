import { hintKeys, type HintKey, type Hints } from '../agent/hints.ts';
import { readAnnotations } from './hints/annotations.ts';
import { mergeValues, policyFor, type PolicyRule } from './hints/policy.ts';
import type { HintProblem } from './hints/problems.ts';
import type { Tenants } from './hints/tenants.ts';
import type { Key, Values } from './hints/values.ts';

/** What the operator says of hints. */
export interface HintRules {
  /** The keys that annotations may use. */
  allowed: ReadonlySet<string>;
  policy: readonly PolicyRule[];
  /** Undefined where nobody knows them, as on a user's own machine: then every tenant is taken. */
  tenants?: Tenants;
}

/** No hints at all. */
export const noHints: HintRules = { allowed: new Set(), policy: [], tenants: () => [] };

/** A container with all that can hold hints for it. */
export interface HintSubject {
  namespace: string;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  namespaceAnnotations: Readonly<Record<string, string>>;
  container: string;
  /** The names of all containers of the pod. */
  containers: readonly string[];
}

/** Who has given a hint, from the strongest to the weakest. */
const givers = ['container', 'pod', 'namespace', 'policy', 'default'] as const;
export type Giver = (typeof givers)[number];

/** The same in words. */
export const givenBy: Readonly<Record<Giver, string>> = {
  container: 'by the annotation for this container',
  pod: 'by the annotation for the whole pod',
  namespace: "by the namespace's annotation",
  policy: 'by --hint-policy',
  default: 'by --tenants',
};

/** What a container asks for. */
export interface Wanted {
  hints: Hints;
  /** Whether it wants to be shipped; undefined where it doesn't say. */
  shipped?: { wanted: boolean; by: Giver };
  /** Who has given each hint; for `attributes` the strongest of them. */
  from: Partial<Record<HintKey, Giver>>;
  problems: readonly HintProblem[];
}

/** Reads all hints for one container. What is wrong costs nothing but itself. */
export function readHints(subject: HintSubject, { allowed, policy, tenants: tenantsOf }: HintRules): Wanted {
  const { namespace, container, containers } = subject;
  const tenants = tenantsOf?.(namespace);
  const read = (annotations: HintSubject['annotations'], of: HintProblem['of']) =>
    readAnnotations({ annotations, of, container, containers, allowed, tenants });
  const ofPod = read(subject.annotations, 'pod');
  const ofNamespace = read(subject.namespaceAnnotations, 'namespace');
  const levels: [Giver, Values][] = [
    ['container', ofPod.own],
    ['pod', ofPod.whole],
    ['namespace', ofNamespace.whole],
    ['policy', policyFor(policy, subject)],
    ['default', tenants?.[0] === undefined ? {} : { tenant: tenants[0] }],
  ];
  const merged = levels.reduceRight<Values>((weaker, [, stronger]) => mergeValues(weaker, stronger), {});
  const from = hintKeys.flatMap((key) => {
    const giver = levels.find(([, values]) => says(values, key))?.[0];
    return giver === undefined ? [] : [[key, giver] as const];
  });
  const shipped = shippedBy(levels);
  return {
    hints: toHints(merged),
    ...(shipped && { shipped }),
    from: Object.fromEntries(from),
    problems: [...ofPod.problems, ...ofNamespace.problems],
  };
}

/**
 * The strongest that says anything decides; where one says both, it is left out. One that only takes back an `exclude`
 * of a weaker one asks for nothing.
 */
function shippedBy(levels: readonly [Giver, Values][]): Wanted['shipped'] {
  let excludable = true;
  for (const [by, { include, exclude }] of levels) {
    if (excludable && (exclude === true || include === false)) return { wanted: false, by };
    if (include === true) return { wanted: true, by };
    if (exclude === false) excludable = false;
  }
  return undefined;
}

function toHints({
  parser,
  'multiline-start': multilineStart,
  sampling,
  redaction,
  tenant,
  attributes = {},
}: Values): Hints {
  return {
    ...(parser !== undefined && { parser }),
    ...(multilineStart !== undefined && { multilineStart }),
    ...(sampling?.length && { sampling }),
    ...(redaction?.length && { redaction }),
    ...(tenant !== undefined && { tenant }),
    attributes,
  };
}

function says(values: Values, key: Key): boolean {
  const value = values[key];
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === 'object' ? Object.keys(value).length > 0 : value !== undefined;
}
