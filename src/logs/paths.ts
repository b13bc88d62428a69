/** What the kubelet's names tell; undefined where a name isn't of the form. */

/** `<namespace>_<pod>_<uid>`; for static pods the third part is the hash of the configuration. `_` is in no name. */
export function parsePodDirectory(name: string): { namespace: string; name: string; uid: string } | undefined {
  const [namespace, pod, uid, ...more] = name.split('_');
  return namespace && pod && uid && more.length === 0 ? { namespace, name: pod, uid } : undefined;
}

/** `<restart>.log`; rotated siblings such as `0.log.20260102-030405.gz` are no logs of their own. */
export function parseLogName(name: string): number | undefined {
  const [, digits] = /^(0|[1-9]\d{0,8})\.log$/.exec(name) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** `<restart>.log.…`: what a rotation has put aside, or is about to. */
export function parseRotatedName(name: string): number | undefined {
  const end = name.indexOf('.log.') + '.log'.length;
  return parseLogName(name.slice(0, end));
}

/**
 * The container id at the end of `<pod>_<namespace>_<container>-<id>.log`. The kubelet cuts the name at 251 characters
 * (`legacyLogSymlink` in pkg/kubelet/kuberuntime): an id that isn't whole is none.
 */
export function parseLinkId(name: string): string | undefined {
  return /-([0-9a-f]{64})\.log$/.exec(name)?.[1];
}

/** `…/<id>/<id>-json.log`, Docker's log file. */
export function parseDockerLog(path: string): string | undefined {
  return /(?:^|\/)([0-9a-f]{12,})\/\1-json\.log$/.exec(path)?.[1];
}

/** The last three parts of `…/<pod directory>/<container>/<restart>.log`: what names a log whatever the mount point. */
export function logTail(path: string): string {
  return path.split('/').slice(-3).join('/');
}
