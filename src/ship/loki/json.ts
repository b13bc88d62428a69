import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { writeJsonText, writeTime } from '../json-text.ts';
import type { Source } from '../record.ts';
import { gatherer, type Format } from './format.ts';
import { labelsOf } from './labels.ts';

const zip = promisify(gzip);

export function json(): Format {
  const gather = gatherer();
  return {
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    metadata: (pairs) =>
      Buffer.from(
        pairs.length > 0
          ? `",${JSON.stringify(Object.fromEntries(pairs.map(([n, v]) => [n, v.toWellFormed()])))}]`
          : '"]',
      ),
    encode(record, metadata, entries) {
      const { source, stream, bytes, start, end } = record;
      const to = entries.reserve(40 + (end - start) * 6 + metadata.length);
      let at = entries.size;
      to[at++] = 44;
      to[at++] = 91;
      to[at++] = 34;
      at = writeTime(to, at, record);
      to[at++] = 34;
      to[at++] = 44;
      to[at++] = 34;
      at = writeJsonText(to, at, bytes, start, end);
      at += metadata.copy(to, at);
      entries.push(at, entries.group(source, stream));
    },
    async body(entries, from, to, destination) {
      const parts: Buffer[] = [];
      let text = '{"streams":[{"stream":';
      for (const [group, { runs }] of entries.byGroup(from, to)) {
        const labels = labelsOf(entries.groups()[group] as { source: Source; stream: 0 | 1 }, destination);
        parts.push(Buffer.from(`${text}${JSON.stringify(Object.fromEntries(labels))},"values":[`));
        // Each entry has a comma in front.
        runs.forEach(([start, end], i) => parts.push(entries.bytes.subarray(i === 0 ? start + 1 : start, end)));
        text = ']},{"stream":';
      }
      parts.push(Buffer.from(']}]}'));
      return zip(gather(parts), { level: 1 });
    },
  };
}
