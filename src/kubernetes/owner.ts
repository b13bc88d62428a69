import { list, text } from './raw.ts';

export interface Owner {
  kind: string;
  name: string;
}

/** What a pod tells beside its owner references. */
interface Told {
  /** Its label `pod-template-hash`. */
  hash?: string;
  /** Its creation timestamp. */
  created: string;
}

/** The controlling owner of a pod: of a ReplicaSet and of a Job the one that has made it, where that is certain. */
export function ownerOf(references: unknown, { hash, created }: Told): Owner | undefined {
  const reference = list(references).find(({ controller }) => controller === true);
  const kind = text(reference?.kind);
  const name = text(reference?.name);
  if (!kind || !name) return undefined;
  const deployment = kind === 'ReplicaSet' && hash ? before(name, `-${hash}`) : '';
  if (deployment) return { kind: 'Deployment', name: deployment };
  const cronJob = kind === 'Job' ? scheduler(name, Date.parse(created)) : '';
  if (cronJob) return { kind: 'CronJob', name: cronJob };
  return { kind, name };
}

/** A Deployment names its ReplicaSets after itself and the hash with which it labels their pods. */
function before(name: string, suffix: string): string {
  return name.endsWith(suffix) ? name.slice(0, -suffix.length) : '';
}

/** A retry of a Job may come long after the time for which the Job was planned. */
const longestDelay = 24 * 60;
/** Clocks may differ. */
const earliest = 1;

/**
 * A CronJob names its Jobs after itself and the minutes from the epoch to the planned time (since Kubernetes 1.21,
 * `getJobName` in pkg/controller/cronjob/utils.go). A number that is no such time is somebody's own. Before, it was
 * seconds, which many a script puts behind a name, too.
 */
function scheduler(name: string, created: number): string {
  const [, cronJob = '', digits = ''] = /^(.+)-([1-9]\d{7})$/.exec(name) ?? [];
  const delay = created / 60_000 - Number(digits);
  return delay > -earliest && delay < longestDelay ? cronJob : '';
}
