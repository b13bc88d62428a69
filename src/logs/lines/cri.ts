import type { Line } from './line.ts';
import { parseTime } from './time.ts';

const space = 32;

/**
 * `<time> <stdout|stderr> <tags> <text>`: the form that containerd and CRI-O write. Of the tags, which `:` separates,
 * the first is P for a part of a line or F for its end; others are passed over.
 * https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md
 */
export function parseCri(bytes: Buffer, start: number, end: number, line: Line): boolean {
  let at = parseTime(bytes, start, end, line);
  // " stdout F" is the least that follows.
  if (at < 0 || end - at < 9 || bytes[at] !== space || bytes[at + 7] !== space) return false;
  if (bytes[at + 1] !== 115 || bytes[at + 2] !== 116 || bytes[at + 3] !== 100) return false;
  if (bytes[at + 4] === 111 && bytes[at + 5] === 117 && bytes[at + 6] === 116) line.stream = 0;
  else if (bytes[at + 4] === 101 && bytes[at + 5] === 114 && bytes[at + 6] === 114) line.stream = 1;
  else return false;
  at += 8;
  const tag = bytes[at];
  if (tag !== 80 && tag !== 70) return false;
  at += 1;
  if (at < end && bytes[at] !== space && bytes[at] !== 58) return false;
  while (at < end && bytes[at] !== space) at++;
  line.format = 'cri';
  line.partial = tag === 80;
  line.bytes = bytes;
  line.start = at < end ? at + 1 : end;
  line.end = end;
  return true;
}
