/**
 * A log file, as far as records tell of it. One object for as long as the file is followed; its attributes and
 * `multiline` are replaced, not changed.
 */
export interface Source {
  /** The path by which it was found. */
  path: string;
  /** What each of its records is told by: namespace, pod, container and what a target adds. Strangers' text. */
  attributes: Readonly<Record<string, string>>;
  /** The pattern that has found it, if one has. */
  pattern?: string;
  /** Where set, lines that don't match it belong to the line before. */
  multiline?: Multiline;
  /** Where set, each record is told by each of these in place of this one: all paths that lead to the file. */
  names?: readonly Source[];
}

export interface Multiline {
  /** Matches the beginning of a first line. */
  start: RegExp;
  /** The most lines that are joined. */
  lines: number;
}

/**
 * A line that was logged, whole: parts are joined, the runtime's own words are taken off. Lent for a call and reused;
 * whoever keeps something of it has to copy.
 */
export interface LogRecord {
  source: Source;
  /** 0 is stdout, 1 is stderr. */
  stream: 0 | 1;
  /** When its first part was written: whole seconds since 1970 and nanoseconds. */
  seconds: number;
  nanos: number;
  /** The text: `bytes` from `start` to `end`, valid UTF-8, without a newline at its end, no longer than the greatest line. */
  bytes: Buffer;
  start: number;
  end: number;
}
