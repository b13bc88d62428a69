import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Document,
  type Scalar,
} from 'yaml';

/** A place in a text, both counted from 1. */
export interface Position {
  line: number;
  column: number;
}

/** An annotation as it stands in a file. */
export interface Annotation {
  name: string;
  /** Undefined for what is no text, which Kubernetes refuses. */
  value: string | undefined;
  at: Position;
}

/** Something with annotations that a file describes. */
export interface Described {
  /** The number of the document in the file, from 1. */
  document: number;
  kind: string;
  name: string;
  namespace: string;
  /** `pod` for a pod and for a workload's template, `namespace` for a namespace, `other` where hints have no effect. */
  role: 'pod' | 'namespace' | 'other';
  labels: Readonly<Record<string, string>>;
  annotations: readonly Annotation[];
  /** The names of all containers; empty for what is no pod. */
  containers: readonly string[];
}

/** Reads YAML of any number of documents, or JSON. Throws an error with line and column for what is neither. */
export function readObjects(text: string): Described[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, merge: true, prettyErrors: true });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document, index) => {
    const [error] = document.errors;
    if (error) throw new Error(error.message.split('\n')[0]?.replace(/:$/, '') ?? 'is no YAML');
    return objectsIn({ document, number: index + 1, lines }, document.contents);
  });
}

interface Reading {
  document: Document;
  number: number;
  lines: LineCounter;
}

/** Where the pod's template lies below an object, for every kind that has one. */
const templates = [['template'], ['spec', 'template'], ['spec', 'jobTemplate', 'spec', 'template']];

function objectsIn(reading: Reading, node: unknown): Described[] {
  const items = at(reading, node, ['items']);
  const kind = text(at(reading, node, ['kind']));
  if (isSeq(items) && (kind || 'List').endsWith('List')) return items.items.flatMap((item) => objectsIn(reading, item));
  const found = (role: Described['role'], holder: unknown): Described => ({
    document: reading.number,
    kind,
    name: text(at(reading, node, ['metadata', 'name'])) || text(at(reading, node, ['metadata', 'generateName'])),
    namespace: text(at(reading, node, ['metadata', 'namespace'])),
    role,
    labels: Object.fromEntries(pairs(reading, holder, 'labels').map(([key, value]) => [text(key), text(value)])),
    annotations: pairs(reading, holder, 'annotations').map(([key, value]) => annotation(reading, key, value)),
    containers: containersOf(reading, holder),
  });
  if (kind === 'Pod') return [found('pod', node)];
  if (kind === 'Namespace') return [found('namespace', node)];
  const template = templates.map((path) => at(reading, node, path)).find((one) => isPodTemplate(reading, one));
  return template ? [found('other', node), found('pod', template)] : [found('other', node)];
}

function isPodTemplate(reading: Reading, node: unknown): boolean {
  return isSeq(at(reading, node, ['spec', 'containers']));
}

function containersOf(reading: Reading, holder: unknown): string[] {
  return ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) => {
    const containers = at(reading, holder, ['spec', list]);
    if (!isSeq(containers)) return [];
    return containers.items.map((container) => text(at(reading, container, ['name']))).filter(Boolean);
  });
}

function annotation({ lines }: Reading, key: Scalar, value: unknown): Annotation {
  const { line, col } = lines.linePos(key.range?.[0] ?? 0);
  const plain = isScalar(value) && typeof value.value === 'string' ? value.value : undefined;
  return { name: text(key), value: plain, at: { line, column: col } };
}

/** The pairs of a mapping in an object's metadata, those of merged mappings too. */
function pairs(reading: Reading, holder: unknown, name: string): [Scalar, unknown][] {
  const map = at(reading, holder, ['metadata', name]);
  const all = (node: unknown, depth: number): [Scalar, unknown][] => {
    if (isSeq(node)) return node.items.flatMap((item) => all(resolved(reading, item), depth));
    if (!isMap(node) || depth > 5) return [];
    return node.items.flatMap((pair): [Scalar, unknown][] => {
      if (!isPair(pair) || !isScalar(pair.key)) return [];
      if (text(pair.key) === '<<') return all(resolved(reading, pair.value), depth + 1);
      return [[pair.key, resolved(reading, pair.value)]];
    });
  };
  return all(map, 0);
}

function at(reading: Reading, node: unknown, path: readonly string[]): unknown {
  let value = resolved(reading, node);
  for (const key of path) value = isMap(value) ? resolved(reading, value.get(key, true)) : undefined;
  return value;
}

function resolved({ document }: Reading, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

function text(node: unknown): string {
  const value: unknown = isScalar(node) ? node.value : node;
  return typeof value === 'string' ? value : typeof value === 'symbol' ? '<<' : '';
}
