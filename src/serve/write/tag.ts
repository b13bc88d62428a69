/** What the name of a container's log file tells. */
export interface Named {
  namespace: string;
  pod: string;
  container: string;
  dockerId: string;
}

/**
 * Understands a tag that Fluent Bit makes of a path, as `kube.var.log.containers.web-0_default_web-<id>.log`.
 * https://docs.fluentbit.io/manual/pipeline/filters/kubernetes#workflow-of-tail-and-kubernetes-filter
 */
export function parseTag(tag: string): Named | undefined {
  const [, pod, namespace, container, dockerId] =
    /(?:^|\.)containers\.([a-z0-9][-a-z0-9.]*)_([a-z0-9][-a-z0-9]*)_([a-z0-9][-a-z0-9]*)-([0-9a-f]{64})\.log$/.exec(
      tag,
    ) ?? [];
  if (!pod || !namespace || !container || !dockerId) return undefined;
  return { namespace, pod, container, dockerId };
}
