import { parsePodDirectory } from '../../logs/paths.ts';

/** What the kubelet's names tell of a log, by one of the paths that lead to it; undefined where nothing. */
function attributesOfPath(path: string): Record<string, string> | undefined {
  const [directory = '', container = '', file = ''] = path.split('/').slice(-3);
  const pod = parsePodDirectory(directory);
  const restart = /^(\d+)\.log$/.exec(file)?.[1];
  if (pod && restart !== undefined)
    return { namespace: pod.namespace, pod: pod.name, container, pod_uid: pod.uid, restart };
  // `<pod>_<namespace>_<container>-<id>.log`, cut at 251 characters: the id, or more, may be missing.
  const [, name, namespace, rest = ''] = /^([^_]+)_([^_]+)_(.+)\.log$/.exec(file) ?? [];
  if (!name || !namespace) return undefined;
  const [, named = '', id] = /^(.+)-([0-9a-f]{12,64})$/.exec(rest) ?? [];
  return id ? { namespace, pod: name, container: named, container_id: id } : { namespace, pod: name };
}

/**
 * What is known by all paths that lead to a log, the one that was asked for first. The kubelet's directory of pods
 * knows best, since its names are never cut.
 */
export function attributesOfChain(paths: readonly string[]): Record<string, string> {
  const told = paths.map((path) => attributesOfPath(path) ?? {});
  return Object.assign({}, ...told.sort((a, b) => Number('pod_uid' in a) - Number('pod_uid' in b))) as Record<
    string,
    string
  >;
}
