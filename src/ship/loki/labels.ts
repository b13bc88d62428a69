import { attributesOf, type Destination } from '../destination.ts';
import type { Source } from '../record.ts';

/** Attributes of these names, as far as there are any, under names that Loki takes. */
function pairsOf(all: Readonly<Record<string, string>>, names: readonly string[]): [string, string][] {
  return names.flatMap((name): [string, string][] => (all[name] ? [[labelName(name), all[name]]] : []));
}

/** Where a record is from. */
interface Origin {
  source: Source;
  stream: 0 | 1;
}

/** Loki's limits of structured metadata by default: 64 KiB and 128 pairs an entry. */
export function metadataOf({ source, stream }: Origin, destination: Destination): [string, string][] {
  const { metadata, node } = destination;
  const told = attributesOf(source, stream, node);
  const labels = new Map(labelsOf({ source, stream }, destination));
  const rest = Object.keys(told).filter((name) => !labels.has(labelName(name)));
  const names = metadata.includes('*') ? new Set([...metadata, ...rest.sort()]) : metadata;
  let left = 60 * 1024;
  return pairsOf(told, [...names].slice(0, 128)).flatMap(([name, value]): [string, string][] => {
    const short = shorten(value);
    left -= Buffer.byteLength(name) + Buffer.byteLength(short);
    return left < 0 ? [] : [[name, short]];
  });
}

/** Loki's limits of labels by default: 15 a stream, which is the destination's to say, and 2048 bytes of a value. */
export function labelsOf({ source, stream }: Origin, destination: Destination) {
  const { externalLabels, labels, labelLimit, node } = destination;
  const told = attributesOf(source, stream, node);
  const names = labels.includes('*') ? new Set([...labels, ...Object.keys(told).sort()]) : labels;
  const own = pairsOf({ source: source.path, ...told }, [...names]);
  const all = [...pairsOf(externalLabels, Object.keys(externalLabels)), ...own];
  const pairs = new Map(all.map(([name, value]) => [name, shorten(value)]));
  if (pairs.size === 0) pairs.set('job', 'kube-log-watcher');
  return [...pairs].slice(0, labelLimit).sort(([a], [b]) => (a < b ? -1 : 1));
}

function labelName(name: string): string {
  const legal = name.replaceAll(/[^a-zA-Z0-9_]/g, '_').slice(0, 1023);
  return /^[a-zA-Z_]/.test(legal) ? legal : `_${legal}`;
}

function shorten(value: string): string {
  if (value.length <= 680) return value.toWellFormed();
  return Buffer.from(value.toWellFormed())
    .subarray(0, 2040)
    .toString('utf8')
    .replace(/\ufffd$/, '');
}
