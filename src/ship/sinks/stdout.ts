import { attributesOf, wholeName, type SinkPlugin } from '../destination.ts';
import type { LogRecord } from '../record.ts';

/**
 * Lines on stdout. `json`: one object each. `agent`: `[time] [level] [node] path: text`. `loggy` and `loggy-compat`:
 * `pod_namespace_container/[level] : text`, the latter with the empty line behind each.
 */
export default {
  encodings: ['json', 'agent', 'loggy', 'loggy-compat'],
  open({ encoding, batchSize, node }, { stdout, report }) {
    const format = formats[encoding] ?? loggy;
    return {
      batch() {
        let lines: string[] = [];
        let size = 0;
        return {
          get count() {
            return lines.length;
          },
          get size() {
            return size;
          },
          room: (bytes) => lines.length === 0 || size + bytes <= batchSize,
          add(record) {
            const line = format(record, record.bytes.toString('utf8', record.start, record.end), node);
            lines.push(line);
            size += line.length;
          },
          clear() {
            lines = [];
            size = 0;
          },
          text: () => lines.join(''),
        };
      },
      async send(batch) {
        const { text } = batch as unknown as { text(): string };
        const written = text();
        // The pipe has taken it once this is called back.
        await new Promise<void>((resolve, reject) => {
          stdout.write(written, (error) => (error ? reject(error) : resolve()));
        });
        report.sent(written.length);
      },
      close: () => undefined,
    };
  },
} satisfies SinkPlugin as SinkPlugin;

type Format = (record: LogRecord, text: string, node: string) => string;

const level = (stream: 0 | 1) => (stream === 0 ? 'info' : 'error');
const isoTime = ({ seconds, nanos }: LogRecord) =>
  `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(nanos).padStart(9, '0')}Z`;
const loggy: Format = ({ source, stream }, text) => {
  const file = source.path.slice(source.path.lastIndexOf('/') + 1);
  // As Loggy has it, up to the first dash; a pod with a dash in its name keeps all of it.
  return `${wholeName(source) ?? file.split('-')[0]}/[${level(stream)}] : ${text}\n`;
};

const formats: Readonly<Record<string, Format>> = {
  json: (record, text, node) =>
    `${JSON.stringify({ time: isoTime(record), ...attributesOf(record.source, record.stream, node), log: text })}\n`,
  agent: (record, text, node) =>
    `[${isoTime(record).slice(0, 19)}Z] [${record.stream === 0 ? 'info' : 'error'}] [${node}] ${record.source.path}: ${text}\n`,
  loggy,
  'loggy-compat': (record, text, node) => `${loggy(record, text, node)}\n`,
};
