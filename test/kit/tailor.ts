import { defineAgent, type Agent, type Output } from '../../src/agent/agent.ts';
import { toJson } from '../../src/agent/json.ts';
import type { Target } from '../../src/agent/target.ts';

const options = {
  'dest-path': { type: 'directory', required: true, describe: 'Directory for the files' },
  'api-key': { type: 'secret', describe: 'The key', required: true },
} as const;

export type Render = Agent<typeof options>['render'];

/** An agent of an imaginary shipper, with a file for each target. */
export function tailor(name: string, render: Render): Agent {
  return defineAgent<typeof options>({ name, summary: 'The tailor', options, render });
}

/** The file of a target. */
export function file(directory: string, { id }: Target, content: unknown): Output {
  const text = typeof content === 'string' ? content : toJson(content);
  return { kind: 'file', path: `${directory}/${id}.json`, content: text };
}

/** What a file usually holds. */
export const facts = ({ log, pod }: Target) => ({ path: log.path, namespace: pod.namespace, pod: pod.name });
