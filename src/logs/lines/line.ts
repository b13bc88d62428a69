/** One physical line of a log file, understood. Lent and reused: whoever keeps something of it has to copy. */
export interface Line {
  /** What it was read as; `plain` is what fits no other. */
  format: 'cri' | 'docker' | 'plain';
  /** 0 is stdout, 1 is stderr. A plain line counts as stdout. */
  stream: 0 | 1;
  /** When it was written: whole seconds since 1970 and nanoseconds; seconds are -1 where the line does not tell. */
  seconds: number;
  nanos: number;
  /** True if the writer's line goes on in the next line of the same stream. */
  partial: boolean;
  /** The text, without the newline: `bytes` from `start` to `end`. It may be cut within a character. */
  bytes: Buffer;
  start: number;
  end: number;
}

/**
 * Understands the physical line that lies in `bytes` from `start` to `end`, without its newline. Returns false, with
 * `line` in any state, where it is of another format.
 */
export type Parse = (bytes: Buffer, start: number, end: number, line: Line) => boolean;

export function emptyLine(): Line {
  return {
    format: 'plain',
    stream: 0,
    seconds: -1,
    nanos: 0,
    partial: false,
    bytes: Buffer.alloc(0),
    start: 0,
    end: 0,
  };
}
