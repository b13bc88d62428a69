import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { imageFlags } from '../stage.ts';

const files = {
  watch: ['watch/daemonset.yaml', 'kube-log-watcher'],
  ship: ['ship/sidecar.yaml', 'ship'],
  serve: ['serve/statefulset.yaml', 'serve'],
} as const;

export type Role = keyof typeof files;
export const roles = Object.keys(files) as Role[];

/** What the container of a role is called. */
export const containerOf = (role: Role) => files[role][1];

interface Container {
  name: string;
  command?: string[];
  resources: { requests: { memory: string }; limits: { memory: string } };
}

/** A role as the manifests run it: the flags of Node.js, and the memory it asks for and may have. */
export function delivered(role: Role) {
  const [file, name] = files[role];
  const text = readFileSync(join(import.meta.dirname, '../../manifests', file), 'utf8');
  const { spec } = parse(text) as { spec: { template: { spec: { containers: Container[] } } } };
  const container = spec.template.spec.containers.find((one) => one.name === name);
  if (!container) throw new Error(`${file} has no container ${name}`);
  const { requests, limits } = container.resources;
  return { flags: container.command?.slice(1, -1) ?? imageFlags(), request: requests.memory, limit: limits.memory };
}
