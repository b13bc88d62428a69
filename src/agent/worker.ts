import { MessageChannel, receiveMessageOnPort, Worker, type ResourceLimits } from 'node:worker_threads';
import type { Output, RenderInput } from './agent.ts';
import type { RunnableAgent } from './load.ts';
import { pairsOf } from './path-map.ts';
import { apiFile, entryFile } from './provide.ts';
import type { Answer, Description, Plugin, Question, RenderAnswer, RenderRequest, Task, ThreadData } from './thread.ts';

/** How much an agent from outside may take. */
export interface Limits {
  /** Milliseconds for being started and loaded: a node is busiest when it starts. */
  load: number;
  /** Milliseconds for a rendering, in a thread that runs. */
  render: number;
  /** Milliseconds for any other answer; the program stands still for it. */
  answer: number;
  /** Milliseconds after a first failure before it is tried again; doubled with each further one, up to a minute. */
  again: number;
  /** After a rendering in vain it is left alone for so many times as long as that took, whatever `again` says. */
  rest: number;
  memory: ResourceLimits;
}

export const usualLimits: Limits = {
  load: 60_000,
  render: 10_000,
  answer: 10_000,
  again: 1000,
  rest: 9,
  memory: { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16 },
};

const longestWait = 60_000;

/**
 * An agent in a thread of its own: one that never ends, runs out of memory or ends its process hurts nothing but itself.
 * It is looked at in a thread that ends at once; the one in which it renders is started by the first rendering.
 */
export async function createWorkerAgent(plugin: Plugin, limits: Limits = usualLimits): Promise<RunnableAgent> {
  const { functions, checked, options, ...rest } = await describe(plugin, limits);
  const ask = (question: Question) => askNow(plugin, question, limits);
  for (const name of checked) {
    const option = options[name];
    if (option) option.check = (value) => ask({ ask: 'option', name, value }) as string | undefined;
  }
  const answers = Object.fromEntries(
    functions.map((name) => [name, remembered((options) => ask({ ask: name, options }))]),
  );
  return { ...rest, options, ...answers, render: createRender(plugin, limits) };
}

/** Starts a thread. Its environment is empty; what it prints goes to the program's standard error. */
function start(plugin: Plugin, task: Task, { memory }: Limits): Worker {
  const data: ThreadData = { plugin, task, api: apiFile().href };
  return new Worker(entryFile(import.meta, 'thread', 'agent-thread'), {
    workerData: data,
    transferList: task.do === 'answer' ? [task.port] : [],
    resourceLimits: memory,
    name: plugin.name,
    env: {},
    argv: [],
  });
}

async function describe(plugin: Plugin, limits: Limits): Promise<Description> {
  const worker = start(plugin, { do: 'describe' }, limits);
  try {
    const answer = await new Promise<Answer<Description>>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(tooLate(limits.load))), limits.load);
      worker.once('message', resolve);
      worker.once('error', (error) => reject(new Error(endOf(error))));
      worker.once('exit', (code) => reject(new Error(endOf(code))));
      worker.once('exit', () => clearTimeout(late));
    }).catch((error: Error) => ({ problem: `${plugin.path}: ${error.message}` }));
    return valueOf(answer);
  } finally {
    await worker.terminate();
  }
}

/** Waits for an answer without letting anything else happen: the callers are not asynchronous, and ask seldom. */
function askNow(plugin: Plugin, question: Question, limits: Limits): unknown {
  const { port1, port2 } = new MessageChannel();
  const bell = new Int32Array(new SharedArrayBuffer(4));
  const worker = start(plugin, { do: 'answer', question, port: port2, bell }, limits);
  worker.on('error', () => {});
  const heard = Atomics.wait(bell, 0, 0, limits.answer);
  const message = receiveMessageOnPort(port1)?.message as Answer<unknown> | undefined;
  port1.close();
  void worker.terminate();
  const what = question.ask === 'option' ? `the check of its option ${question.name}` : question.ask;
  const none = heard === 'timed-out' ? tooLate(limits.answer) : 'ended its thread';
  return valueOf(message ?? { problem: `${plugin.path}: ${what} ${none}` });
}

function createRender(plugin: Plugin, limits: Limits): RunnableAgent['render'] {
  type Waiting = { answer(answer: Answer<{ outputs: Output[]; reports: [number, string][] }>): void };
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let loaded = Promise.resolve();
  let last = 0;
  let failures = 0;
  let why = '';
  let notBefore = 0;

  const fail = (failed: Worker, reason: string, took = 0) => {
    if (worker !== failed) return;
    worker = undefined;
    why = reason;
    const wait = Math.min(longestWait, limits.again * 2 ** failures);
    notBefore = performance.now() + Math.max(wait, limits.rest * took);
    failures += 1;
    void failed.terminate();
    for (const one of waiting.values()) one.answer({ problem: reason });
  };

  const hire = () => {
    const hired = start(plugin, { do: 'render' }, limits);
    const ready = Promise.withResolvers<void>();
    loaded = ready.promise;
    const late = setTimeout(() => fail(hired, tooLate(limits.load)), limits.load).unref();
    hired.on('message', ({ id, ...answer }: RenderAnswer) => {
      if (id === 0) {
        clearTimeout(late);
        return ready.resolve();
      }
      failures = 0;
      return waiting.get(id)?.answer(answer);
    });
    hired.on('error', (error) => fail(hired, endOf(error)));
    hired.on('exit', (code) => fail(hired, endOf(code)));
    return hired;
  };

  return async ({ targets, node, options, seenByShipper, report }: RenderInput) => {
    if (!worker && performance.now() < notBefore) throw new Error(why);
    const hired = (worker ??= hire());
    const id = (last += 1);
    const request: RenderRequest = { id, targets, node, options, pairs: pairsOf(seenByShipper) };
    hired.ref();
    const answer = await new Promise<Parameters<Waiting['answer']>[0]>((resolve) => {
      let late: NodeJS.Timeout | undefined;
      void loaded.then(() => {
        if (!waiting.has(id)) return;
        late = setTimeout(() => fail(hired, tooLate(limits.render), limits.render), limits.render);
      });
      waiting.set(id, {
        answer(given) {
          clearTimeout(late);
          waiting.delete(id);
          // An idle thread doesn't keep the program from ending.
          if (waiting.size === 0) hired.unref();
          resolve(given);
        },
      });
      hired.postMessage(request, []);
    });
    const { outputs, reports } = valueOf(answer);
    for (const [index, problem] of reports) {
      const target = targets[index];
      if (target) report(target, problem);
    }
    return outputs;
  };
}

/** Asked once for each set of options. */
function remembered<T>(ask: (options: RenderInput['options']) => T): (options: RenderInput['options']) => T {
  const known = new WeakMap<object, { value: T } | { error: unknown }>();
  return (options) => {
    let answer = known.get(options);
    if (!answer) {
      try {
        answer = { value: ask(options) };
      } catch (error) {
        answer = { error };
      }
      known.set(options, answer);
    }
    if ('error' in answer) throw answer.error;
    return answer.value;
  };
}

function valueOf<T>(answer: Answer<T>): T {
  if ('problem' in answer) throw new Error(answer.problem);
  return answer.value;
}

function tooLate(milliseconds: number): string {
  return `did not answer within ${milliseconds / 1000} s`;
}

function endOf(cause: unknown): string {
  if (typeof cause === 'number') return `ended its thread with code ${cause}`;
  const { code, message } = cause as NodeJS.ErrnoException;
  return code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'used more memory than it may' : `its thread ended: ${message}`;
}
