import { parseCri } from './cri.ts';
import { dockerParser } from './docker.ts';
import type { Line } from './line.ts';

/** Takes a line as it stands. */
export function asItStands(bytes: Buffer, start: number, end: number, line: Line): void {
  line.format = 'plain';
  line.stream = 0;
  line.seconds = -1;
  line.nanos = 0;
  line.partial = false;
  line.bytes = bytes;
  line.start = start;
  line.end = end;
}

/**
 * Makes what understands each line by itself, since a runtime may be exchanged while a file is followed. What fits no
 * format is taken as it stands.
 */
export function lineParser(): typeof asItStands {
  const parseDocker = dockerParser();
  return (bytes, start, end, line) => {
    if (bytes[start] === 123 ? parseDocker(bytes, start, end, line) : parseCri(bytes, start, end, line)) return;
    asItStands(bytes, start, end, line);
  };
}
