import { join, normalize } from 'node:path';
import type { RunnableAgent as Agent } from '../../src/agent/load.ts';
import type { Target } from '../../src/agent/target.ts';
import { inventoryName } from '../../src/watch/inventory.ts';
import type { Wish } from '../../src/watch/reconcile.ts';
import type { Running } from '../../src/watch/running.ts';

/** A small agent that writes a file and a link per target and one file of all, running in a directory. */
export function running(root: string, agent: Agent = small(root)): Running {
  const inside = (path: string) => normalize(path) === path && path.startsWith(`${root}/`);
  return {
    agent,
    options: {},
    fill: () => '',
    roots: [root],
    made: [],
    inventory: join(root, inventoryName(agent.name)),
    check: (outputs) => outputs.flatMap(({ path }) => (inside(path) ? [] : [`${path} is outside`])),
    memory: new Map(),
    lastGood: new Map(),
    unfit: new Map(),
  };
}

/** What to bring to disk: targets of these ids. */
export function wish(ids: readonly string[], { full = false, version = '' } = {}): Wish {
  const node = { name: 'node-1', labels: {}, cluster: { id: '', alias: '', environment: '' } };
  return { targets: ids.map((id) => target(id, version)), node, seenByShipper: (path) => path, full };
}

function small(root: string): Agent {
  return {
    name: 'small',
    summary: 'A file and a link per target.',
    options: {},
    render: ({ targets }) => [
      ...targets.flatMap(({ id }) => [
        { kind: 'link' as const, path: join(root, id, 'log'), to: `/logs/${id}.log` },
        { kind: 'file' as const, path: join(root, id, 'config.json'), content: JSON.stringify({ id }) },
      ]),
      { kind: 'file', path: join(root, 'all.json'), content: JSON.stringify(targets.map(({ id }) => id)) },
    ],
  };
}

function target(id: string, version: string): Target {
  return {
    id,
    container: {
      id,
      name: 'main',
      kind: 'regular',
      restart: 0,
      runtime: 'docker',
      image: 'i',
      imageName: 'i',
      imageTag: 'latest',
      imageDigest: '',
    },
    pod: {
      name: id,
      namespace: 'default',
      namespaceLabels: {},
      uid: id,
      labels: {},
      annotations: {},
      node: 'node-1',
      serviceAccount: '',
      owner: { kind: '', name: '' },
    },
    log: { path: `/logs/${id}.log`, directory: '/logs', file: `${id}.log`, format: 'docker' },
    application: '',
    component: '',
    environment: '',
    version,
    release: '',
    hints: { attributes: {} },
  };
}
