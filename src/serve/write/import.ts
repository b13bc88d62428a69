import { entryOf } from '../query/row.ts';
import type { Entry } from '../store.ts';

/** A line that can't be taken. */
export class LineError extends Error {
  /** Counted from 1. */
  readonly line: number;
  constructor(line: number, problem: string) {
    super(`line ${line} ${problem}`);
    this.line = line;
  }
}

export interface Piece {
  entries: Entry[];
  /** How many lines were read up to its end. */
  lines: number;
}

export interface Bounds {
  /** Entries of a piece, roughly. */
  entries: number;
  /** Bytes of a line. */
  line: number;
  /** Lines that are passed over. */
  skip: number;
}

/**
 * The rows of a body in pieces. Entries of one time are never parted: stores count equal ones within a piece, and so a
 * second import of the same rows adds nothing.
 */
export async function* readRows(body: AsyncIterable<Buffer>, bounds: Bounds): AsyncGenerator<Piece> {
  let entries: Entry[] = [];
  let size = 0;
  let lines = 0;
  for await (const text of linesOf(body, bounds.line)) {
    lines += 1;
    if (text.trim() === '' || lines <= bounds.skip) continue;
    const entry = read(text, lines);
    const full = entries.length >= bounds.entries || size >= bounds.line;
    if (full && entries.at(-1)?.time !== entry.time) {
      yield { entries, lines: lines - 1 };
      entries = [];
      size = 0;
    }
    entries.push(entry);
    size += text.length;
  }
  yield { entries, lines };
}

function read(text: string, line: number): Entry {
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch (error) {
    throw new LineError(line, `is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const entry = entryOf(row);
  if (typeof entry === 'string') throw new LineError(line, entry);
  return entry;
}

async function* linesOf(body: AsyncIterable<Buffer>, longest: number): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  let size = 0;
  let lines = 0;
  for await (const piece of body) {
    let from = 0;
    for (let end = piece.indexOf(10); end >= 0; end = piece.indexOf(10, from)) {
      const line = piece.subarray(from, end);
      lines += 1;
      yield rest.length === 0 ? line.toString('utf8') : Buffer.concat([...rest, line]).toString('utf8');
      rest = [];
      size = 0;
      from = end + 1;
    }
    if (from === piece.length) continue;
    rest.push(piece.subarray(from));
    size += piece.length - from;
    if (size > longest) throw new LineError(lines + 1, `has more than ${longest} bytes`);
  }
  if (size > 0) yield Buffer.concat(rest).toString('utf8');
}
