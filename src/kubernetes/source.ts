/** Items of one kind that are kept up to date: from the API server, the kubelet, or a file. */
export interface Source<T> {
  /** True once a complete list has been read; stays true through later failures. */
  readonly synced: boolean;
  /** The items by the last good reading; empty until `synced`. */
  all(): readonly T[];
  /** Asks for a new complete list soon; a source may ignore it. */
  relist(): void;
  /** Why the source is ill at the moment, or undefined. */
  readonly error: string | undefined;
  /** Runs until the signal is aborted; never rejects because of a server. */
  run(signal: AbortSignal): Promise<void>;
}
