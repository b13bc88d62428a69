import type { LogRecord } from './record.ts';

/** Records on their way to a destination, encoded as they come. A record belongs to one batch only. */
export interface Batch {
  /** Records so far. */
  readonly count: number;
  /** Bytes that they take as they are sent, before any compression. */
  readonly size: number;
  /** True if a record of so many bytes still belongs in here; an empty batch has room for any. */
  room(bytes: number): boolean;
  /** Encodes the record, always. Copies what it needs. */
  add(record: LogRecord): void;
  /** Forgets all records, so that it can be filled anew. */
  clear(): void;
}

/** A destination. It holds no records but those of the batch that it is given, and keeps no offsets. */
export interface Sink<B extends Batch = Batch> {
  /** An empty batch; two are in use at any time. */
  batch(): B;
  /**
   * Resolves once the destination has acknowledged every record of the batch, or has refused for good what it did not
   * take, which `report.dropped` was told. As long as the destination can't be reached or says "later", it goes on
   * trying. Rejects with the signal's reason after an abort, and then nothing counts as acknowledged. Never called
   * again before it has settled.
   */
  send(batch: B, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** What a sink tells of its work; none of it is awaited. */
export interface Report {
  /** An attempt that failed and will be repeated. */
  retried(reason: string, detail: string): void;
  /** Records that are given up. */
  dropped(reason: string, count: number, detail: string): void;
  /** An attempt that was answered well. */
  sent(bytes: number): void;
}
