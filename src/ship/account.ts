import type { Log } from '../system/log.ts';
import type { Counts } from './follow/assembler.ts';
import type { Destination } from './destination.ts';
import type { ShipMetrics } from './metrics.ts';
import type { PipelineInput } from './pipeline.ts';
import type { Report } from './sink.ts';

/** What is counted and told of one destination. */
export interface Account {
  /** What is counted of the lines of files that a pattern has found. */
  counts(pattern: string): Counts;
  report: Report;
  on: PipelineInput['on'];
  /** Milliseconds for which the destination has refused or not answered, and what it said. */
  failing(): { failing: number; detail: string };
  /** Brings the metrics up to date. */
  publish(): void;
}

const names = ['lines', 'bytes', 'plain', 'cut', 'invalid'] as const;
const none = (): Counts => ({ lines: 0, bytes: 0, plain: 0, cut: 0, invalid: 0 });
/** Milliseconds after which a refusal that goes on is told again. */
const again = 60_000;

/** `complain` is told of files that can't be read, in place of the log. */
export function createAccount(
  { name, node, sink, connection }: Pick<Destination, 'name' | 'node' | 'sink' | 'connection'>,
  metrics: ShipMetrics,
  log: Log,
  complain?: (text: string) => void,
): Account {
  const to = { destination: name };
  const client = sink === 'loki' ? metrics.client : undefined;
  const host = URL.parse(connection.url)?.host ?? '';
  /** Of the batch that is on its way. */
  let givenUp = 0;
  const counted = new Map<string, { now: Counts; published: Counts }>();
  let failingSince: number | undefined;
  let detail = '';
  let toldAt = Number.NEGATIVE_INFINITY;
  const failing = () => (failingSince === undefined ? 0 : performance.now() - failingSince);

  return {
    counts(pattern) {
      const known = counted.get(pattern) ?? { now: none(), published: none() };
      counted.set(pattern, known);
      return known.now;
    },
    failing: () => ({ failing: failing(), detail }),
    publish() {
      for (const [pattern, { now, published }] of counted) {
        metrics.logLines.inc({ log_file_name_pattern: pattern, node_name: node }, now.lines - published.lines);
        for (const one of names) {
          metrics[one].inc(to, now[one] - published[one]);
          published[one] = now[one];
        }
      }
      metrics.failing.set(to, failing() / 1000);
    },
    report: {
      sent(bytes) {
        metrics.sent.inc(to, bytes);
        client?.sentBytes.inc({ host }, bytes);
        if (failingSince !== undefined) log.info('the destination takes records again', to);
        failingSince = undefined;
        detail = '';
        toldAt = Number.NEGATIVE_INFINITY;
      },
      retried(reason, why) {
        metrics.retries.inc({ ...to, reason });
        client?.retries.inc({ host });
        const time = performance.now();
        failingSince ??= time;
        detail = `${reason}: ${why}`;
        if (time - toldAt < again) return;
        toldAt = time;
        log.warn('the destination does not take records; it is tried again', { ...to, reason, detail: why });
      },
      dropped(reason, lines, why) {
        metrics.dropped.inc({ ...to, reason }, lines);
        client?.dropped.inc({ host, reason: reason === 'http-429' ? 'rate_limited' : 'ingester_error' }, lines);
        givenUp += lines;
        log.error('records are given up', { ...to, reason, lines, detail: why });
      },
    },
    on: {
      acknowledged(lines) {
        metrics.acknowledged.inc(to, lines);
        client?.sentEntries.inc({ host }, Math.max(0, lines - givenUp));
        givenUp = 0;
      },
      lost(bytes, path) {
        metrics.lostFiles.inc(to);
        metrics.lostBytes.inc(to, bytes);
        log.warn('a file was gone before it was read to its end', { ...to, path, bytes });
      },
      rotated: () => metrics.rotations.inc(to),
      truncated: () => metrics.truncations.inc(to),
      problem(path, error) {
        if (error && complain) complain(error.message.includes(path) ? error.message : `${path}: ${error.message}`);
        else if (error) log.warn('a file can not be read', { ...to, path, error });
        else log.info('a file can be read again', { ...to, path });
      },
    },
  };
}
