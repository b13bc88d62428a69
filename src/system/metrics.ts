import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** All metrics of the watcher, in a registry of their own. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  const counter = <L extends string = never>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter<L>({ name: `logwatch_${name}`, help, labelNames, registers });
  const gauge = <L extends string = never>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge<L>({ name: `logwatch_${name}`, help, labelNames, registers });

  return {
    registry,
    buildInfo: gauge('build_info', 'Always 1; the label tells the version.', ['version']),
    containers: gauge('containers', 'Containers on the node by what was decided for them.', ['state']),
    decisions: gauge('decisions', 'Containers on the node by reason code.', ['reason']),
    missed: counter(
      'missed_containers_total',
      'Containers that went before they could be configured, by the last reason.',
      ['reason'],
    ),
    passes: counter('passes_total', 'Passes by result.', ['result']),
    passSeconds: new Histogram({
      name: 'logwatch_pass_duration_seconds',
      help: 'How long a pass took.',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    }),
    latency: new Histogram({
      name: 'logwatch_container_configured_latency_seconds',
      help: 'From a container first seen on disk to its configuration applied.',
      labelNames: ['agent'],
      buckets: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
      registers,
    }),
    apply: counter('apply_total', 'Applied passes of an agent that changed something, or failed.', ['agent', 'result']),
    reloads: counter('reloads_total', 'Attempts to tell a shipper of its new files, by result.', ['agent', 'result']),
    reloadPending: gauge('reload_pending', '1 while a shipper has yet to be told of its new files.', ['agent']),
    reloadSuppressed: counter('reload_suppressed_total', 'Reloads that another one stood in for.', ['agent']),
    generation: gauge('generation', 'How often the configuration of an agent has changed since the start.', ['agent']),
    agentUp: gauge('agent_applied', '1 if the last pass of the agent was applied whole, else 0.', ['agent']),
    quarantined: gauge('quarantined_targets', 'Targets that the agent could not render.', ['agent']),
    reports: gauge('hint_errors', 'Annotations that an agent had to ignore.', ['agent']),
    hintProblems: gauge('hint_problems', 'Hints that are ignored, wholly or in part, by problem code.', ['code']),
    validationFailures: counter(
      'validation_failures_total',
      'What an agent rendered and was not fit to be written, by the stage that said so: render, outputs, parse or check.',
      ['agent', 'stage'],
    ),
    outputs: gauge('outputs', 'Files and links that are kept on disk.', ['agent']),
    requests: counter(
      'api_requests_total',
      'Requests to the API server or kubelet by verb, status code (0: no answer) and what was asked for.',
      ['verb', 'code', 'resource'],
    ),
    receivedBytes: counter(
      'api_received_bytes_total',
      'Bytes of answers from the API server or kubelet, by verb and what was asked for.',
      ['verb', 'resource'],
    ),
    relists: counter('relists_total', 'Complete lists that were read again, by cause and what they are of.', [
      'cause',
      'resource',
    ]),
    bookmarkAge: gauge(
      'watch_bookmark_age_seconds',
      'Seconds since a watch last told anything, bookmarks included, by what it is of.',
      ['resource'],
    ),
    synced: gauge('api_synced', '1 once a complete list of it has been read from the API server.', ['resource']),
    podsSynced: gauge('pods_synced', '1 once a complete list of pods has been read.'),
    snapshotAge: gauge(
      'snapshot_age_seconds',
      'Age of the snapshot that stands in for the list of pods; 0 when it is not needed.',
    ),
    discoveryMode: gauge('discovery_mode', '1 for the way in which new containers are noticed.', ['mode']),
    bells: counter('bells_total', 'What asked for a pass.', ['source']),
    configReloads: counter('config_reloads_total', 'Changes of the config file or a secret file, by result.', [
      'result',
    ]),
    configValid: gauge(
      'config_valid',
      '0 while the config file on disk is refused and the one before it stays in force.',
    ),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
