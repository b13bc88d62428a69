import { closest } from '../config/closest.ts';
import { readHints, type HintRules } from './hints.ts';
import { ofScalyr, prefix } from './hints/annotations.ts';
import { hintProblems, quoted } from './hints/problems.ts';
import { readObjects, type Annotation, type Described, type Position } from './lint/objects.ts';
import { scalyrProblems } from './lint/scalyr.ts';

/** What `lint` can find: the watcher's own problems, and two that only a manifest can have. */
export const findings = {
  ...hintProblems,
  misplaced: 'Hints stand on the pod or on the template of pods; here nobody reads them.',
  'wrong-prefix': 'The name differs from a hint only in its first part.',
} as const;

export type FindingCode = keyof typeof findings;

/** Something wrong in a file. */
export interface Finding extends Position {
  file: string;
  /** The number of the document in the file, from 1. */
  document: number;
  object: { kind: string; namespace: string; name: string };
  /** The whole name of the annotation. */
  annotation: string;
  code: FindingCode;
  /** A sentence. */
  message: string;
}

export interface LintRules extends HintRules {
  /** Names of containers that are put into pods later. */
  injected: readonly string[];
}

/** What is wrong with the annotations in a file's text. Throws an error for what is neither YAML nor JSON. */
export function lint(file: string, text: string, rules: LintRules): Finding[] {
  return readObjects(text).flatMap((object) => {
    const { kind, namespace, name, document } = object;
    return problemsOf(object, rules).map(({ annotation, code, detail }): Finding => ({
      file,
      document,
      object: { kind, namespace, name },
      annotation: annotation.name,
      ...annotation.at,
      code,
      message: `${annotation.name} ${detail}`,
    }));
  });
}

interface Problem {
  annotation: Annotation;
  code: FindingCode;
  detail: string;
}

function problemsOf(object: Described, rules: LintRules): Problem[] {
  const strange = object.annotations.flatMap((annotation) => prefixProblem(annotation) ?? []);
  const ours = object.annotations.filter(({ name }) => name.startsWith(prefix));
  if (object.role === 'other') {
    const place = object.kind === '' ? 'on no pod' : `on the ${object.kind} itself`;
    return ours.map((annotation) => ({
      annotation,
      code: 'misplaced',
      detail: `stands ${place}, where nobody reads it; it belongs to the metadata of the pod or of its template.`,
    }));
  }
  const untyped = ours.filter(({ value }) => value === undefined);
  return [
    ...strange,
    ...untyped.map((annotation): Problem => ({
      annotation,
      code: 'invalid-value',
      detail: 'is no text, which Kubernetes refuses; put the value in quotes.',
    })),
    ...hintsOf(object, ours, rules),
    ...ours.flatMap((annotation) => ofOlder(object, annotation, rules)),
  ].sort((a, b) => a.annotation.at.line - b.annotation.at.line || a.annotation.at.column - b.annotation.at.column);
}

/** The same reading as the watcher's, for each container; what concerns several is told once. */
function hintsOf(object: Described, ours: readonly Annotation[], rules: LintRules): Problem[] {
  const byName = new Map(ours.filter(({ value }) => value !== undefined).map((one) => [one.name, one]));
  const annotations = Object.fromEntries([...byName].map(([name, { value }]) => [name, value ?? '']));
  const containers = [...object.containers, ...rules.injected];
  const isPod = object.role === 'pod';
  const namespace = isPod ? object.namespace : object.name;
  const subject = {
    namespace,
    labels: object.labels,
    annotations: isPod ? annotations : {},
    namespaceAnnotations: isPod ? {} : annotations,
    containers,
  };
  // Which tenants a pod may name is known only with its namespace.
  const known = namespace === '' ? { ...rules, tenants: undefined } : rules;
  const found = new Map<string, Problem>();
  for (const container of containers.length > 0 ? containers : ['']) {
    for (const { code, annotation, detail } of readHints({ ...subject, container }, known).problems) {
      const one = byName.get(annotation);
      if (one) found.set(JSON.stringify([code, annotation, detail]), { annotation: one, code, detail });
    }
  }
  return [...found.values()];
}

function ofOlder(object: Described, annotation: Annotation, { injected }: LintRules): Problem[] {
  const name = ofScalyr.find((one) => annotation.name === prefix + one);
  if (name === undefined || annotation.value === undefined || object.role !== 'pod') return [];
  return scalyrProblems(name, annotation.value, [...object.containers, ...injected]).map(({ code, detail }) => ({
    annotation,
    code,
    detail,
  }));
}

/** An annotation of nobody's whose first part is nearly ours. */
function prefixProblem(annotation: Annotation): Problem | undefined {
  const slash = annotation.name.indexOf('/');
  const first = annotation.name.slice(0, slash + 1);
  if (slash < 0 || first === prefix) return undefined;
  // `kube-log-watcher/` is the program's name, and so the likeliest of all mistakes.
  if (closest(first, [prefix]) === undefined && !/^(kube|k8s)[a-z0-9.-]*log-?watcher\//i.test(first)) return undefined;
  const meant = quoted(prefix + annotation.name.slice(slash + 1));
  return { annotation, code: 'wrong-prefix', detail: `is read by nobody; did you mean ${meant}?` };
}
