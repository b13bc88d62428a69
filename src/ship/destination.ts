import type { Backoff } from './deliver.ts';
import type { Connection } from './http/request.ts';
import type { Report, Sink } from './sink.ts';

/** What all kinds of destinations are told. */
export interface SinkWorld {
  report: Report;
  stdout: NodeJS.WritableStream;
  env: NodeJS.ProcessEnv;
  version: string;
}

/** A destination as it is configured; each sink reads what concerns it. */
export interface Destination {
  /** Unique, and the name of its offsets. */
  name: string;
  sink: 'loki' | 'http' | 'stdout';
  connection: Connection;
  backoff: Backoff;
  /** The most bytes of one batch, before any compression. */
  batchSize: number;
  /** Milliseconds for which a batch waits for more. */
  batchWait: number;
  /** How records are written; the words are the sink's own. */
  encoding: string;
  tenant: string;
  /** Attributes that become labels; `stream` is one too, `*` stands for all that aren't named. */
  labels: readonly string[];
  /** The most labels of a stream; the first ones are kept. */
  labelLimit: number;
  /** Labels of all records. */
  externalLabels: Readonly<Record<string, string>>;
  /** Attributes that go with each record beside the labels; `*` stands for all others that are no labels. */
  metadata: readonly string[];
  node: string;
  /** True if records tell the whole name, `<pod>_<namespace>_<container>`, as well as its parts. */
  named?: boolean;
}

/** What a file in `sinks/` exports by default. */
export interface SinkPlugin {
  /** The words that `encoding` may have, the usual one first. */
  encodings: readonly string[];
  open(destination: Destination, world: SinkWorld): Sink;
}

/** Attributes of a file and stream, with what its place tells. */
export function attributesOf(
  { attributes, path }: { attributes: Readonly<Record<string, string>>; path: string },
  stream: 0 | 1,
  node: string,
): Record<string, string> {
  return { node, ...attributes, stream: stream === 0 ? 'stdout' : 'stderr', path };
}

/** `<pod>_<namespace>_<container>` as the kubelet names a log, undefined where not all is known. */
export function wholeName({ attributes }: { attributes: Readonly<Record<string, string>> }): string | undefined {
  const { pod, namespace, container } = attributes;
  return pod && namespace && container ? `${pod}_${namespace}_${container}` : undefined;
}
