import { Counter, Gauge, Registry } from 'prom-client';

/** All metrics of shipping, in a registry of their own. */
export function createShipMetrics() {
  const registry = new Registry();
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter<L>({ name: `logwatch_ship_${name}`, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge<L>({ name: `logwatch_ship_${name}`, help, labelNames, registers });
  const to = ['destination'] as const;
  return {
    registry,
    buildInfo: gauge('build_info', 'Always 1; the label tells the version.', ['version']),
    lines: counter('lines_total', 'Records that were read.', to),
    bytes: counter('bytes_total', 'Bytes of their text.', to),
    plain: counter('plain_lines_total', 'Lines of no known format, taken as they stand.', to),
    cut: counter('cut_lines_total', 'Lines longer than the greatest, split or cut.', to),
    invalid: counter('invalid_lines_total', 'Lines that were no UTF-8; what was none is U+FFFD.', to),
    sent: counter('sent_bytes_total', 'Bytes that were sent and acknowledged.', to),
    acknowledged: counter('acknowledged_lines_total', 'Records that are done with: acknowledged or given up.', to),
    retries: counter('retries_total', 'Attempts that failed and were repeated, by reason.', ['destination', 'reason']),
    dropped: counter('dropped_lines_total', 'Records that were given up, by reason.', ['destination', 'reason']),
    lostFiles: counter('lost_files_total', 'Files that were gone before they were read to their end.', to),
    lostBytes: counter('lost_bytes_total', 'Bytes of them that were known and not read.', to),
    rotations: counter('rotations_total', 'Rotations that were seen.', to),
    truncations: counter('truncations_total', 'Files that were cut and begun anew.', to),
    files: gauge('files', 'Paths that are followed.', to),
    open: gauge('open_files', 'Files that are held open.', to),
    lagBytes: gauge('lag_bytes', 'Bytes that are known and not read.', to),
    lagSeconds: gauge('lag_seconds', 'For how long there has been something unread or not acknowledged.', to),
    failing: gauge('failing_seconds', 'For how long the destination has refused or not answered; 0 if it is well.', to),
    problems: gauge('file_problems', 'Paths that can not be read now.', to),
    client: clientMetrics(registry),
    logLines: new Counter({
      name: 'log_lines',
      help: 'Records that were read, by node.',
      labelNames: ['log_file_name_pattern', 'node_name'],
      registers,
    }),
  };
}

/** What dashboards of a logging-agent ask for: the counters of its client of Loki, under their old names. */
function clientMetrics(registry: Registry) {
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter<L>({ name: `promtail_${name}_total`, help, labelNames, registers });
  return {
    sentEntries: counter('sent_entries', 'Records that Loki has taken.', ['host']),
    sentBytes: counter('sent_bytes', 'Bytes of pushes that Loki has taken.', ['host']),
    dropped: counter('dropped_entries', 'Records that were given up.', ['host', 'reason']),
    retries: counter('batch_retries', 'Pushes that were repeated.', ['host']),
  };
}

export type ShipMetrics = ReturnType<typeof createShipMetrics>;
