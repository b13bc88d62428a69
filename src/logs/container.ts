/** How the lines of a log file are written: Docker's json-file driver, or the CRI's text form. */
export type LogFormat = 'docker' | 'cri';

/** One container instance on this node and where its log is, as the disk tells it. */
export interface Container {
  /** Which of the two layouts on disk it was found in. */
  runtime: 'docker' | 'cri';
  /** The runtime's id, 64 hex digits as a rule; empty while a CRI container's is not known yet. */
  id: string;
  name: string;
  /** How often this container of the pod was started before; 0 for the first instance. */
  restart: number;
  /** The pod as the disk names it. For static pods `uid` is the hash of their configuration, not the API's uid. */
  pod: { namespace: string; name: string; uid: string };
  /** Only Docker tells it on disk. */
  image?: string;
  /** True for the pause container of a pod. */
  sandbox: boolean;
  log: { path: string; format: LogFormat };
  /** The directory that exists as long as the container does. */
  directory: string;
}

/** Something on disk that is not (yet) a container whose log can be shipped. */
export interface Incomplete {
  directory: string;
  /** Why, as a reason code. */
  reason: 'container-incomplete' | 'config-unreadable' | 'log-driver' | 'log-missing' | 'not-kubernetes';
  detail: string;
  /** What is known already, for `explain`. */
  id?: string;
  pod?: Container['pod'];
  name?: string;
  restart?: number;
}

/** All that one look at the disk has found. */
export interface Scan {
  containers: Container[];
  incomplete: Incomplete[];
}

/** The identity of a container instance: pod uid, container name, restart count and, where the disk names it so, its id. */
export function containerKey(container: Pick<Container, 'pod' | 'name' | 'restart' | 'runtime' | 'id'>): string {
  const { pod, name, restart } = container;
  return container.runtime === 'docker' ? container.id : `${pod.uid}_${name}_${restart}`;
}
