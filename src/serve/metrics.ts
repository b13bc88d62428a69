import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** The metrics of serving. The first three keep the names of an earlier server; their times are seconds. */
export function createServeMetrics() {
  const registry = new Registry();
  const registers = [registry];
  const labelNames = ['method', 'path', 'statusCode'] as const;
  const total = new Gauge({ name: 'total_requests', help: 'Requests that were answered.', labelNames, registers });
  const sum = new Gauge({ name: 'sum_response_time', help: 'Seconds of all answers.', labelNames, registers });
  const average = new Gauge({ name: 'avg_response_time', help: 'Seconds of an answer.', labelNames, registers });
  const duration = new Histogram({
    name: 'logwatch_serve_request_duration_seconds',
    help: 'Seconds from a request to the end of its answer.',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const counter = (name: string, help: string) => new Counter({ name: `logwatch_serve_${name}`, help, registers });
  const sums = new Map<string, { count: number; seconds: number }>();
  return {
    registry,
    stored: counter('stored_entries_total', 'Entries that were acknowledged.'),
    skipped: new Counter({
      name: 'logwatch_serve_skipped_entries_total',
      help: 'Entries that could not be stored and were left out, by what was wrong.',
      labelNames: ['reason'],
      registers,
    }),
    cut: counter('cut_entries_total', 'Entries whose text was too long and was cut.'),
    inFlight: new Gauge({
      name: 'logwatch_serve_requests_in_flight',
      help: 'Requests that are worked on, by kind.',
      labelNames: ['kind'],
      registers,
    }),
    denied: counter('denied_requests_total', 'Requests without the credentials that are asked for.'),
    refused: counter('busy_requests_total', 'Requests that were told to come again because there was too much to do.'),
    /** `path` is the route, never what a stranger asked for. */
    answered(method: string, path: string, status: number, seconds: number): void {
      const labels = { method, path, statusCode: String(status) };
      const key = `${method} ${path} ${status}`;
      const { count, seconds: before } = sums.get(key) ?? { count: 0, seconds: 0 };
      const next = { count: count + 1, seconds: before + seconds };
      sums.set(key, next);
      total.set(labels, next.count);
      sum.set(labels, Number(next.seconds.toFixed(6)));
      average.set(labels, Number((next.seconds / next.count).toFixed(6)));
      duration.observe({ method, route: path, status: String(status) }, seconds);
    },
  };
}

export type ServeMetrics = ReturnType<typeof createServeMetrics>;
