import type { Line } from '../../logs/lines/line.ts';
import type { Limits, Place } from './assembler.ts';
import { afterwards, wholeEnd, type Giving } from './giving.ts';
import type { Batch } from '../sink.ts';

/** The beginning of a record whose end has not come. */
interface Held<F> {
  at: Place<F>;
  seconds: number;
  nanos: number;
  parts: Buffer[];
  length: number;
  /** True while the last line in it is a part of a line. */
  partial: boolean;
  lines: number;
  /** True once a piece of it was given away, so that what is left goes on. */
  cut: boolean;
  since: number;
}

/** What is held back of one path, by stream, within bounds. */
export interface Holding<F> {
  get(stream: 0 | 1): Readonly<Held<F>> | undefined;
  /** Adds the text of a line to what is held of its stream; of what is too long the beginning is given away. */
  add(line: Line, end: number, file: F, offset: number, partial: boolean, batch: Batch): void;
  /** A newline between two lines of one record. */
  newline(stream: 0 | 1): void;
  /** One line of a record of several is whole. */
  counted(stream: 0 | 1): void;
  release(stream: 0 | 1, batch: Batch): void;
  readonly bytes: number;
  drop(): void;
}

export function createHolding<F>(giving: Giving, { maxLine, overlong, held: total, count, now }: Limits): Holding<F> {
  const { record } = giving;
  const holding: [Held<F> | undefined, Held<F> | undefined] = [undefined, undefined];
  let own = 0;

  const account = (bytes: number) => {
    own += bytes;
    total.bytes += bytes;
  };
  const tell = (held: Held<F>, stream: 0 | 1) => {
    record.stream = stream;
    record.seconds = held.seconds;
    record.nanos = held.nanos;
    account(-held.length);
    return held.parts.length === 1 ? (held.parts[0] as Buffer) : Buffer.concat(held.parts, held.length);
  };
  const release = (stream: 0 | 1, batch: Batch) => {
    const held = holding[stream];
    if (!held) return;
    holding[stream] = undefined;
    const bytes = tell(held, stream);
    const length = bytes[bytes.length - 1] === 13 ? bytes.length - 1 : bytes.length;
    if (!(held.cut && (overlong === 'truncate' || length === 0))) giving.give(bytes, 0, length, false, batch);
  };
  const begin = (file: F, offset: number, { seconds, nanos }: Pick<Held<F>, 'seconds' | 'nanos'>): Held<F> => {
    const at = { file, offset };
    return { at, seconds, nanos, parts: [], length: 0, partial: true, lines: 0, cut: false, since: now() };
  };
  /** Too long to be held: what is there goes now, and what follows is a record of its own. */
  const cut = (held: Held<F>, stream: 0 | 1, file: F, offset: number, batch: Batch): Held<F> => {
    if (!held.cut) count.cut++;
    const bytes = tell(held, stream);
    if (overlong === 'truncate') {
      if (!held.cut) giving.giveBeginning(bytes, 0, bytes.length, batch);
      return { ...begin(file, offset, held), cut: true };
    }
    const end = wholeEnd(bytes);
    giving.give(bytes, 0, end, false, batch);
    afterwards(record);
    const next = { ...begin(file, offset, record), cut: true };
    // The beginning of a character goes with its rest.
    next.parts.push(Buffer.from(bytes.subarray(end)));
    next.length = bytes.length - end;
    account(next.length);
    return next;
  };

  return {
    get: (stream) => holding[stream],
    add(line, end, file, offset, partial, batch) {
      const { stream } = line;
      const text = Buffer.from(line.bytes.subarray(line.start, end));
      const old = holding[stream];
      const excess = (old?.length ?? 0) + text.length > maxLine || total.bytes + text.length > total.limit;
      const held = old?.partial && excess ? cut(old, stream, file, offset, batch) : (old ?? begin(file, offset, line));
      holding[stream] = held;
      held.parts.push(text);
      held.length += text.length;
      held.partial = partial;
      held.since = now();
      account(text.length);
    },
    newline(stream) {
      const held = holding[stream];
      if (!held) return;
      held.parts.push(Buffer.from('\n'));
      held.length++;
      account(1);
    },
    counted(stream) {
      const held = holding[stream];
      if (held) held.lines++;
    },
    release,
    get bytes() {
      return own;
    },
    drop() {
      account(-own);
      holding.fill(undefined);
    },
  };
}
