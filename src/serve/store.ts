/** One log line and where it comes from. */
export interface Entry {
  namespace: string;
  pod: string;
  container: string;
  /** Nanoseconds since 1970, UTC. */
  time: bigint;
  log: string;
  stream: string;
  podId: string;
  dockerId: string;
  host: string;
  labels: Readonly<Record<string, string>>;
}

export interface Query {
  namespace: string;
  pod: string;
  container: string;
  /** Nanoseconds since 1970; both ends belong to it. */
  from: bigint;
  to: bigint;
}

export interface Row {
  time: bigint;
  log: string;
}

/**
 * What keeps entries and finds them again. All stores pass one suite, `test/serve/store-suite.ts`.
 *
 * An entry is the same as one that is there if container, time, stream, text, and its number among the equal ones of
 * its batch are: so a batch that is sent again is stored once, and equal lines of one batch are all kept.
 */
export interface Store {
  /**
   * Resolves when all entries are durable. Rejects with `StoreBusy` if too many are waiting, and with another error if
   * the batch could not be stored; it may be written again then.
   */
  write(entries: readonly Entry[]): Promise<void>;
  /**
   * The rows by time; those of one time in the order in which they were written. Read in pieces, so other work goes on
   * between two of them. Throws if the store can't be read: a failed read is never an empty one.
   */
  read(query: Query): AsyncIterable<Row>;
  /** Rejects if the store can't be used now. Cheap: asked by probes. */
  check(): Promise<void>;
  /** Finishes the writes that wait, then closes. */
  close(): Promise<void>;
}

/** Too many entries wait to be written; later there may be room. */
export class StoreBusy extends Error {}
