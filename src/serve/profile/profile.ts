import { Session } from 'node:inspector/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { toPprof, type Frame } from './pprof.ts';

/** Profiles of this program as pprof files: https://github.com/google/pprof/blob/main/proto/profile.proto */
export interface Profiler {
  /** What is allocated now and still in use. */
  heap(): Promise<Buffer>;
  /** Where time goes for so many milliseconds. One at a time. */
  cpu(duration: number, signal: AbortSignal): Promise<Buffer>;
  close(): void;
}

/** https://chromedevtools.github.io/devtools-protocol/tot/HeapProfiler/#type-SamplingHeapProfile */
interface Heap {
  head: HeapNode;
  samples: { nodeId: number }[];
}
interface HeapNode {
  id: number;
  callFrame: Frame;
  selfSize: number;
  children: HeapNode[];
}

const zip = promisify(gzip);
/** Bytes between two samples of the heap, and microseconds between two of the stack. */
const intervals = { heap: 65_536, cpu: 1000 };

/** Samples what is allocated from now on; costs little. */
export async function createProfiler(): Promise<Profiler> {
  const session = new Session();
  session.connect();
  await session.post('HeapProfiler.startSampling', { samplingInterval: intervals.heap });
  let before: Promise<unknown> = Promise.resolve();
  return {
    async heap() {
      const { profile } = (await session.post('HeapProfiler.getSamplingProfile')) as unknown as { profile: Heap };
      const counts = new Map<number, number>();
      for (const { nodeId } of profile.samples) counts.set(nodeId, (counts.get(nodeId) ?? 0) + 1);
      const stacks: { stack: readonly Frame[]; values: number[] }[] = [];
      const walk = ({ callFrame, children, id, selfSize }: HeapNode, above: readonly Frame[]) => {
        const stack = [callFrame, ...above];
        if (selfSize > 0) stacks.push({ stack, values: [counts.get(id) ?? 0, selfSize] });
        for (const child of children) walk(child, stack);
      };
      for (const child of profile.head.children) walk(child, []);
      const types = [
        ['objects', 'count'],
        ['space', 'bytes'],
      ] as const;
      return zip(toPprof(stacks, { types, period: intervals.heap }));
    },
    cpu(duration, signal) {
      const work = before.then(async () => {
        await session.post('Profiler.enable');
        await session.post('Profiler.setSamplingInterval', { interval: intervals.cpu });
        await session.post('Profiler.start');
        await sleep(duration, undefined, { signal }).catch(() => undefined);
        const { profile } = await session.post('Profiler.stop');
        await session.post('Profiler.disable');
        const parents = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
        const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
        const sums = new Map<number, [number, number]>();
        for (const [index, id] of (profile.samples ?? []).entries()) {
          const sum = sums.get(id) ?? [0, 0];
          sums.set(id, [sum[0] + 1, sum[1] + Math.max(0, profile.timeDeltas?.[index] ?? 0) * 1000]);
        }
        const stacks = [...sums].map(([id, values]) => {
          const stack: Frame[] = [];
          for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
            const frame = nodes.get(at)?.callFrame;
            if (frame && parents.has(at)) stack.push(frame);
          }
          return { stack, values };
        });
        const types = [
          ['samples', 'count'],
          ['cpu', 'nanoseconds'],
        ] as const;
        const took = (profile.endTime - profile.startTime) * 1000;
        // The root stands for no place.
        const places = stacks.filter(({ stack }) => stack.length > 0);
        return zip(toPprof(places, { types, period: intervals.cpu * 1000, duration: took }));
      });
      before = work.catch(() => undefined);
      return work;
    },
    close: () => session.disconnect(),
  };
}
