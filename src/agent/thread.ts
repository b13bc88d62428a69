// What runs in the thread of an agent from outside; `worker.ts` starts it and talks to it.
import { readlinkSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import type { Agent, Output, RenderInput } from './agent.ts';
import { contractProblems, importAgent } from './import.ts';
import type { RunnableAgent } from './load.ts';
import { pathMap } from './path-map.ts';
import { provideApi } from './provide.ts';

/** Which agent it is. */
export interface Plugin {
  name: string;
  path: string;
  templates: ReadonlyMap<string, { path: string; text: string }>;
}

/** Told once: what an agent is, without its functions. */
export interface Description extends Omit<Agent, 'render' | 'reload' | 'check' | 'directories'> {
  functions: ('reload' | 'check' | 'directories')[];
  /** The names of the options that bring a check of their own. */
  checked: string[];
}

/** A question to an agent whose answer is waited for. */
export type Question =
  | { ask: 'reload' | 'check' | 'directories'; options: RenderInput['options'] }
  | { ask: 'option'; name: string; value: unknown };

export type Task =
  { do: 'describe' } | { do: 'render' } | { do: 'answer'; question: Question; port: MessagePort; bell: Int32Array };

export interface RenderRequest extends Pick<RenderInput, 'targets' | 'node' | 'options'> {
  id: number;
  pairs: readonly string[];
}

/** An answer, or why there is none. */
export type Answer<T> = { value: T } | { problem: string };
export type RenderAnswer = { id: number } & Answer<{ outputs: Output[]; reports: [target: number, problem: string][] }>;

export interface ThreadData {
  plugin: Plugin;
  task: Task;
  /** Where `kube-log-watcher/agent` is to be found, wherever the agent lies. */
  api: string;
}

const { plugin, task, api } = workerData as ThreadData;

// What `render` prints is the program's; whatever an agent prints goes elsewhere.
process.stdout.write = process.stderr.write.bind(process.stderr);

yieldToOthers();
provideApi(api);

if (task.do === 'describe') tell(await answer(async () => describe(await load())));
else if (task.do === 'answer') await answerNow(task);
else await renderForEver();

/** The program's own thread comes first, where threads have priorities (Linux). It is a courtesy: without it all works. */
function yieldToOthers(): void {
  try {
    setPriority(Number(readlinkSync('/proc/thread-self').split('/').at(-1)), constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    return;
  }
}

async function load(): Promise<Agent> {
  const agent = await importAgent(plugin.name, plugin.path);
  const wrong = contractProblems(agent);
  if (wrong.length > 0) throw new Error(wrong.map((why) => `${plugin.path}: ${why}`).join('\n'));
  return agent;
}

function describe(agent: Agent): Description {
  const functions = (['reload', 'check', 'directories'] as const).filter((name) => agent[name] !== undefined);
  const checked = Object.keys(agent.options).filter((name) => agent.options[name]?.check !== undefined);
  // JSON has no functions.
  return JSON.parse(JSON.stringify({ ...agent, functions, checked })) as Description;
}

async function answerNow({ question, port, bell }: Extract<Task, { do: 'answer' }>): Promise<void> {
  const ring = () => {
    Atomics.store(bell, 0, 1);
    Atomics.notify(bell, 0);
  };
  process.on('exit', ring);
  port.postMessage(await answer(async () => reply(await load(), question)), []);
  ring();
}

function reply(agent: Agent, question: Question): unknown {
  if (question.ask === 'option') return agent.options[question.name]?.check?.(question.value);
  return agent[question.ask]?.(question.options);
}

async function renderForEver(): Promise<void> {
  const agent: RunnableAgent = await load();
  // A thread that only answers needs no templates.
  const { createFill } = await import('./template.ts');
  const fill = createFill(plugin.templates);
  const work = async ({ id, targets, node, options, pairs }: RenderRequest) => {
    const reports: [number, string][] = [];
    const report = (target: { id: string }, problem: string) =>
      void reports.push([targets.findIndex(({ id }) => id === target.id), problem]);
    const made = await answer(async () => {
      const outputs = await agent.render({ targets, node, options, fill, seenByShipper: pathMap(pairs), report });
      if (!Array.isArray(outputs)) throw new Error('render gives no list of outputs');
      return { outputs, reports };
    });
    try {
      tell({ id, ...made });
    } catch (error) {
      tell({ id, problem: `what it gives is no data: ${(error as Error).message}` });
    }
  };
  parentPort?.on('message', (request: RenderRequest) => void work(request));
  // No request has this number: it says that the thread is ready for them.
  tell({ id: 0 });
}

function tell(message: unknown): void {
  parentPort?.postMessage(message, []);
}

async function answer<T>(work: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
