import { toJson } from '../../src/agent/json.ts';

interface JournalOptions {
  'journald-path'?: string;
  'journald-attributes'?: unknown;
  'journald-extra-fields'?: unknown;
  'journald-write-rate': number;
  'journald-write-burst': number;
}

/** What makes the Scalyr agent ship the journal of the node. */
export function journal(options: JournalOptions) {
  const attributes = Object.entries((options['journald-attributes'] ?? {}) as Record<string, unknown>);
  const fields = (options['journald-extra-fields'] ?? {}) as Record<string, unknown>;
  const text = (value: unknown) => (typeof value === 'string' ? value : toJson(value));
  return {
    monitors: [
      {
        ...(options['journald-path'] && { journal_path: options['journald-path'] }),
        module: 'scalyr_agent.builtin_monitors.journald_monitor',
        monitor_log_write_rate: options['journald-write-rate'],
        monitor_log_max_write_burst: options['journald-write-burst'],
        ...(Object.keys(fields).length > 0 && { journal_fields: fields }),
      },
    ],
    journald_logs: [
      {
        ...(attributes.length > 0 && {
          attributes: Object.fromEntries(attributes.map(([name, value]) => [name, text(value)])),
        }),
        journald_unit: '.*',
        parser: 'journald_monitor',
      },
    ],
  };
}
