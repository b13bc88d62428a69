/**
 * One log line and where it comes from. Sources that are no pods have empty names and tell themselves by labels. Texts
 * are kept as UTF-8: half of a pair of UTF-16 comes back as U+FFFD. A label with an empty value is none.
 */
export interface Entry {
  namespace: string;
  pod: string;
  container: string;
  /** Nanoseconds since 1970, UTC; 64 bits. */
  time: bigint;
  log: string;
  stream: string;
  podId: string;
  dockerId: string;
  host: string;
  labels: Readonly<Record<string, string>>;
  /** What is said of this line beside its series, as a trace's id or the path of the file. */
  metadata: Readonly<Record<string, string>>;
}

/** What entries of one series have in common: the fields that a `Matcher` names, except that empty ones are left out. */
export type Series = Readonly<Record<string, string>>;

/**
 * A condition on a series. `name` is `namespace`, `pod`, `container`, `stream`, `host`, `pod_id`, `docker_id` or a label
 * that has none of these names; what a series lacks is empty. Patterns are matched against the whole value.
 */
export interface Matcher {
  name: string;
  op: '=' | '!=' | '=~' | '!~';
  value: string;
}

/** A condition on the text: contains, lacks, matches, doesn't match. Letters count as they are. */
export interface TextFilter {
  op: '|=' | '!=' | '|~' | '!~';
  value: string;
}

export interface Selection {
  /** Nanoseconds since 1970; both ends belong to it. */
  from: bigint;
  to: bigint;
  /** All of them hold. */
  series: readonly Matcher[];
  text: readonly TextFilter[];
}

export interface Search extends Selection {
  direction: 'forward' | 'backward';
  /**
   * Goes on behind the entry that had this cursor, in this direction; it may be gone meanwhile. What is no cursor of this
   * store is refused with a `RangeError`.
   */
  after?: string;
}

export interface Found extends Entry {
  /** The place in the order of all entries: stays the same while entries come and go. Opaque, of letters that a URL takes. */
  cursor: string;
}

export interface Count {
  /** Nanoseconds since 1970: the beginning of the step, a multiple of it; the selection's beginning if there are no steps. */
  start: bigint;
  /** The values of the names that were asked for; empty where a series lacks one. */
  by: Series;
  count: number;
  /** Bytes of text, as UTF-8. */
  bytes: number;
}

export interface Extent {
  entries: number;
  /** Bytes on the disk; undefined where the store can't tell. */
  bytes: number | undefined;
  /** Nanoseconds since 1970; undefined while there is nothing. */
  oldest: bigint | undefined;
  newest: bigint | undefined;
}

/**
 * What keeps entries and finds them again. All stores pass one suite, `test/serve/store-suite.ts`.
 *
 * An entry is the same as one that is there if series, time, text, and its number among the equal ones of its batch are:
 * so a batch that is sent again is stored once, and equal lines of one batch are all kept.
 *
 * Each read takes a signal and ends soon after its abort by throwing its reason. A pattern is the caller's: however long
 * it would take, it holds up neither writes nor other reads. Every read throws if the store can't be read: a failed read
 * is never an empty one.
 */
export interface Store {
  /**
   * Resolves when all entries are durable. Rejects with a `RangeError` for a time beyond 64 bits, with `StoreBusy` if too
   * many are waiting, with `StoreNotReady` if nothing can be written yet, and with another error if the batch could not
   * be stored; it may be written again then.
   */
  write(entries: readonly Entry[]): Promise<void>;
  /**
   * What matches, ordered by time; entries of one time and one series in the order in which they were written. Read in
   * pieces as they are asked for, so other work goes on between two of them, and what isn't asked for isn't read.
   */
  search(search: Search, signal: AbortSignal): AsyncIterable<Found>;
  /** How many entries match, for each step of so many nanoseconds (or in all) and for the values of these names. */
  count(selection: Selection, by: readonly string[], step: bigint | undefined, signal: AbortSignal): Promise<Count[]>;
  /** The series that have an entry in the selection, or near it; its text is not asked for. */
  series(selection: Omit<Selection, 'text'>, signal: AbortSignal): Promise<Series[]>;
  extent(signal: AbortSignal): Promise<Extent>;
  /** Rejects if the store can't be used now. Cheap: asked by probes. */
  check(): Promise<void>;
  /** Finishes the writes that wait, then closes. */
  close(): Promise<void>;
}

/** Too many entries wait to be written; later there may be room. */
export class StoreBusy extends Error {}

/** The store is not there yet, as a database that has to be waited for. */
export class StoreNotReady extends Error {}
