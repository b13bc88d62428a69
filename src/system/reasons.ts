/** Why a container is shipped or is not: one closed list, the same in logs, metrics, `explain` and docs. */
export const reasons = {
  kept: 'Shipped.',
  'pause-container': "The pod's pause container; it has no log of its own.",
  'not-kubernetes': 'Started by the runtime without Kubernetes, so it has no pod.',
  'own-pod': 'A container of the pod that kube-log-watcher runs in (`--include-own-pod` ships it).',
  'label-missing': 'The pod lacks a label that `--strict-labels` requires.',
  'label-not-included': 'No selector of `--include-labels` matches the pod.',
  'label-excluded': 'A selector of `--exclude-labels` matches the pod.',
  'namespace-not-included': 'The namespace is not in `--include-namespaces`.',
  'namespace-excluded': 'The namespace is in `--exclude-namespaces`.',
  'container-excluded': 'The container name is in `--exclude-containers`.',
  'hint-excluded': 'An annotation, or `--hint-policy`, leaves the container out.',
  'hint-not-included': 'With `--require-include` only what asks for it by the hint `include` is shipped.',
  'pods-not-synced': 'No complete list of pods has been read yet; nothing is decided without one.',
  'pod-unknown': 'The container is on disk, but no pod with its uid is known (yet).',
  'container-id-unknown': 'Neither the link in /var/log/containers nor the pod status tells the container id yet.',
  'container-incomplete': 'The runtime has not written all files of the container yet.',
  'config-unreadable': "Docker's config.v2.json of the container can't be read or parsed.",
  'log-driver': 'Docker writes the log with another driver than json-file, so there is no file to follow.',
  'log-missing': "The log is a link whose target isn't there; perhaps the directory it leads to isn't mounted.",
} as const;

export type Reason = keyof typeof reasons;
