import { closest, suggestion } from '../../config/closest.ts';
import { quoted, type HintProblem } from './problems.ts';
import { keys, readValue, type Key, type Values } from './values.ts';

export const prefix = 'kubernetes-log-watcher/';

/** Annotations of kubernetes-log-watcher 0.x, which only the Scalyr agent's own files read. */
export const ofScalyr = ['scalyr-parser', 'scalyr-sampling-rules', 'scalyr-redaction-rules'] as const;

/** A pod with more mistakes than this has the others passed over, so that nobody is kept busy with a stranger's. */
const mostProblems = 50;

export interface AnnotationInput {
  annotations: Readonly<Record<string, string>>;
  of: HintProblem['of'];
  /** The container that is asked about. */
  container: string;
  /** The names of all containers of the pod. */
  containers: readonly string[];
  allowed: ReadonlySet<string>;
  /** The tenants that may be chosen; undefined where nobody knows. */
  tenants: readonly string[] | undefined;
}

/** What annotations say, for all containers and for the one asked about. */
export interface Said {
  whole: Values;
  own: Values;
  problems: HintProblem[];
}

/** Reads our annotations among all. */
export function readAnnotations(input: AnnotationInput): Said {
  const { annotations, of, container } = input;
  const said: Said = { whole: {}, own: {}, problems: [] };
  const names = Object.keys(annotations).filter((name) => name.startsWith(prefix));
  for (const annotation of names.sort()) {
    const say = (code: HintProblem['code'], detail: string): undefined => {
      if (said.problems.length < mostProblems) said.problems.push({ code, annotation, of, detail });
    };
    const name = parseName(annotation);
    if (name.scalyr) continue;
    // Searching for what may have been meant takes time.
    if (said.problems.length >= mostProblems && name.key === undefined) continue;
    const wrong = nameProblem(name, annotation, input);
    if (wrong) say(...wrong);
    else if (name.key !== undefined && (name.container ?? container) === container) {
      const value = understand(name.key, annotations[annotation] ?? '', input, say);
      if (value !== undefined)
        Object.assign(name.container === undefined ? said.whole : said.own, { [name.key]: value });
    }
  }
  return said;
}

type Say = (code: HintProblem['code'], detail: string) => undefined;

function understand<K extends Key>(key: K, text: string, { tenants }: AnnotationInput, say: Say): Values[K] {
  const value = readValue(key, text, (why) => say('invalid-value', `${why}.`));
  if (key !== 'tenant' || typeof value !== 'string' || !tenants || tenants.includes(value)) return value;
  const those = tenants.length > 0 ? `those of the namespace are ${tenants.join(', ')}` : 'the namespace has none';
  return say('tenant-not-allowed', `names the tenant ${value}; ${those}.`);
}

interface Name {
  container?: string;
  /** Only if it is one of ours. */
  key?: Key;
  scalyr?: boolean;
}

function nameProblem(
  { container, key }: Name,
  annotation: string,
  { of, containers, allowed }: AnnotationInput,
): [HintProblem['code'], string] | undefined {
  if (key === undefined) return ['unknown-key', unknownKey(annotation, containers, of)];
  if (container !== undefined && of === 'namespace')
    return ['unknown-container', 'names a container, which only the annotation of a pod can do.'];
  if (container !== undefined && !containers.includes(container))
    return ['unknown-container', unknownContainer(container, containers)];
  if (allowed.has(key)) return undefined;
  return ['not-allowed', `is not among the hints that the operator allows: ${[...allowed].join(', ') || 'none'}.`];
}

function parseName(annotation: string): Name {
  const rest = annotation.slice(prefix.length);
  if ((ofScalyr as readonly string[]).includes(rest)) return { scalyr: true };
  // Neither a container's name nor a key has a dot.
  const dot = rest.indexOf('.');
  const key = keys.find((one) => one === rest.slice(dot + 1));
  return { ...(dot >= 0 && { container: rest.slice(0, dot) }), ...(key && { key }) };
}

function unknownKey(annotation: string, containers: readonly string[], of: HintProblem['of']): string {
  const rest = annotation.slice(prefix.length);
  const [container, ...others] = rest.split('.');
  const key = others.join('.');
  const isKey = (keys as readonly string[]).includes(container ?? '');
  if (isKey && containers.includes(key)) return `is no hint; did you mean \`${prefix}${key}.${container}\`?`;
  const known = [...keys, ...(of === 'pod' ? ofScalyr : [])];
  if (others.length === 0) return `is no hint${suggestion(rest, known, prefix)}`;
  if ((ofScalyr as readonly string[]).includes(key))
    return `is no hint; ${prefix}${key} stands for the whole pod and names its containers in its JSON.`;
  const near = closest(key, keys);
  return near === undefined
    ? `is no hint; there are ${keys.join(', ')}.`
    : `is no hint; did you mean \`${prefix}${container}.${near}\`?`;
}

function unknownContainer(name: string, containers: readonly string[]): string {
  const near = closest(name, containers);
  const known = containers.length > 0 ? `there are ${containers.join(', ')}.` : 'it has none.';
  const hint = near === undefined ? known : `did you mean ${quoted(near)}?`;
  return `names the container ${quoted(name)}, which the pod does not have; ${hint}`;
}
