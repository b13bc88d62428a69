import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../system/log.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Mark } from './follow/reader.ts';
import type { Batch, Sink } from './sink.ts';

/** What is to be remembered once a batch is acknowledged. */
export interface Reached {
  marks: ReadonlyMap<string, Mark>;
  /** Paths at which there is nothing any more; asked when it is remembered. */
  gone(): readonly string[];
}

/** Two batches in turn: one is filled while the other is on its way. */
export interface Delivery {
  readonly filling: Batch;
  readonly sending: Promise<void> | undefined;
  /** Sends what is filled, if nothing is on its way; what was reached by it is remembered once it is acknowledged. */
  send(take: () => Reached): boolean;
  remember(reached: Reached): void;
  readonly aborted: boolean;
  /** What is on its way does not count as acknowledged. */
  abort(): void;
}

export interface DeliveryInput {
  name: string;
  sink: Sink;
  checkpoint: Checkpoint;
  log: Log;
  acknowledged(count: number): void;
  /** There is a batch to be filled again. */
  onSpare(): void;
}

export function createDelivery({ name, sink, checkpoint, log, acknowledged, onSpare }: DeliveryInput): Delivery {
  const ended = new AbortController();
  let filling: Batch = sink.batch();
  let spare: Batch | undefined = sink.batch();
  let sending: Promise<void> | undefined;

  let failing = false;
  const remember = ({ marks, gone }: Reached) => {
    try {
      if (marks.size > 0) checkpoint.commit(marks);
      for (const path of gone()) checkpoint.forget(path);
      if (failing && marks.size > 0) log.info('offsets can be written again', { destination: name });
      failing &&= marks.size === 0;
    } catch (error) {
      const fields = { destination: name, error };
      if (!failing) log.error('offsets can not be written; after an end of the process lines will come twice', fields);
      failing = true;
    }
  };
  /** A sink rejects after an abort only; if one does otherwise, it is asked again. */
  const deliver = async (batch: Batch) => {
    for (;;) {
      try {
        return await sink.send(batch, ended.signal);
      } catch (error) {
        ended.signal.throwIfAborted();
        log.error('a destination has failed', { destination: name, error });
        await sleep(1000, undefined, { signal: ended.signal });
      }
    }
  };

  return {
    get filling() {
      return filling;
    },
    get sending() {
      return sending;
    },
    send(take) {
      if (sending || !spare || filling.count === 0) return false;
      const batch = filling;
      const reached = take();
      filling = spare;
      spare = undefined;
      sending = deliver(batch).then(
        () => {
          acknowledged(batch.count);
          remember(reached);
          sending = undefined;
          batch.clear();
          spare = batch;
          onSpare();
        },
        () => {
          sending = undefined;
        },
      );
      return true;
    },
    remember,
    get aborted() {
      return ended.signal.aborted;
    },
    abort: () => ended.abort(),
  };
}
