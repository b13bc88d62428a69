import { parseCri } from '../../logs/lines/cri.ts';
import { emptyLine } from '../../logs/lines/line.ts';
import { parseTime } from '../time.ts';

/** What else a record can tell its time by: https://docs.fluentbit.io/manual/pipeline/outputs/http, `json_date_format`. */
export function fromDate(date: unknown): bigint | undefined {
  if (typeof date === 'string') return fromDecimal(date) ?? parseTime(date) ?? parseTime(`${date.replace(' ', 'T')}Z`);
  if (typeof date !== 'number' || !Number.isFinite(date)) return undefined;
  // Seconds of the year 5138 are milliseconds of 1973.
  const seconds = Math.abs(date) > 1e11 ? date / 1000 : date;
  if (Math.abs(seconds) > 9e9) return undefined;
  return BigInt(Math.round(seconds * 1e6)) * 1000n;
}

function fromDecimal(text: string): bigint | undefined {
  const [, seconds, fraction = ''] = /^(\d{1,10})\.(\d+)$/.exec(text) ?? [];
  if (seconds === undefined || Number(seconds) > 9e9) return undefined;
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
}

/** What a line of a container runtime tells that nobody has parsed yet. */
export function fromCri(log: string): { time: bigint; stream: string; log: string } | undefined {
  if (!/^\d{4}-\d\d-\d\dT/.test(log)) return undefined;
  const bytes = Buffer.from(log.endsWith('\n') ? log.slice(0, -1) : log);
  const line = emptyLine();
  if (!parseCri(bytes, 0, bytes.length, line)) return undefined;
  return {
    time: BigInt(line.seconds) * 1_000_000_000n + BigInt(line.nanos),
    stream: line.stream === 0 ? 'stdout' : 'stderr',
    log: bytes.toString('utf8', line.start, line.end),
  };
}

const own = new Set(['date', 'time', 'stream', 'kubernetes', 'log', '_p']);

/** The text of a record that has none: what the application's own JSON has left of it. */
export function fromRest(record: Readonly<Record<string, unknown>>): string {
  const rest = Object.entries(record).filter(([key]) => !own.has(key));
  return rest.length === 0 ? '' : JSON.stringify(Object.fromEntries(rest));
}
