import type { Entry } from '../store.ts';

type Texts = Readonly<Record<string, string>>;
type Field = 'namespace' | 'pod' | 'container' | 'stream' | 'host' | 'podId' | 'dockerId';

/** What shippers call a field; the first that is there is taken. */
const names: Readonly<Record<Field, readonly string[]>> = {
  namespace: ['namespace', 'namespace_name'],
  pod: ['pod', 'pod_name'],
  container: ['container', 'container_name'],
  stream: ['stream'],
  host: ['host', 'node', 'node_name'],
  podId: ['pod_id', 'pod_uid'],
  dockerId: ['docker_id', 'container_id'],
};
const fields = Object.keys(names) as Field[];

export type Attribution = Pick<Entry, Field | 'labels'>;

/** Puts the names of shippers into the fields of an entry; what is left are its labels. */
export function attribute(labels: Texts): Attribution {
  const found = {} as Record<Field, string>;
  const taken = new Set<string>();
  for (const field of fields) {
    const name = names[field].find((name) => Object.hasOwn(labels, name));
    found[field] = name === undefined ? '' : (labels[name] ?? '');
    if (name !== undefined) taken.add(name);
  }
  return { ...found, labels: Object.fromEntries(Object.entries(labels).filter(([name]) => !taken.has(name))) };
}

/** The same for what is said of a line beside its labels: ids of pod and container are fields, the rest stays. */
export function attributeLine(known: Attribution, metadata: Texts): Attribution & { metadata: Texts } {
  let { podId, dockerId } = known;
  const rest: [string, string][] = [];
  for (const [name, value] of Object.entries(metadata)) {
    if (podId === '' && names.podId.includes(name)) podId = value;
    else if (dockerId === '' && names.dockerId.includes(name)) dockerId = value;
    else rest.push([name, value]);
  }
  return { ...known, podId, dockerId, metadata: Object.fromEntries(rest) };
}
