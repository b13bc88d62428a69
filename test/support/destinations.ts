import type { Destination } from '../../src/ship/destination.ts';
import type { LogRecord, Source } from '../../src/ship/record.ts';

/** A destination with the usual values and short waits. */
export function makeDestination(changes: Partial<Destination> & { url?: string } = {}): Destination {
  const { url = '', ...rest } = changes;
  return {
    name: 'one',
    sink: 'loki',
    connection: { url, headers: {}, timeout: 30_000 },
    backoff: { least: 5, most: 40, retries: 0 },
    batchSize: 1_048_576,
    batchWait: 10,
    encoding: 'protobuf',
    tenant: '',
    labels: ['namespace', 'pod', 'stream', 'node'],
    labelLimit: 15,
    externalLabels: {},
    metadata: ['path'],
    node: 'node-1',
    ...rest,
  };
}

export function makeRecord(text: string, changes: Partial<LogRecord> & { source?: Source } = {}): LogRecord {
  const bytes = Buffer.from(`..${text}..`);
  const source = changes.source ?? makeSource('/logs/a.log');
  return { source, stream: 0, seconds: 1_700_000_000, nanos: 5, bytes, start: 2, end: bytes.length - 2, ...changes };
}

export function makeSource(
  path: string,
  attributes: Record<string, string> = { namespace: 'default', pod: 'web' },
): Source {
  return { path, attributes };
}

/** What a sink told. */
export function makeReport() {
  const told = { retried: [] as string[], dropped: [] as [reason: string, count: number][], sent: 0 };
  return {
    told,
    report: {
      retried: (reason: string) => void told.retried.push(reason),
      dropped: (reason: string, count: number) => void told.dropped.push([reason, count]),
      sent: (bytes: number) => void (told.sent += bytes),
    },
  };
}
