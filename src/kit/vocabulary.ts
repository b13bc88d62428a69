import type { Target } from '../agent/target.ts';
import type { Vocabulary } from './hostile.ts';
import { makeTarget, type TargetInput } from './targets.ts';

const usualLabels = ['application', 'component', 'version', 'release', 'environment'];

/** What an annotation has to hold for all that an agent may write to be written. */
const forms: Readonly<Record<string, string>> = {
  'kubernetes-log-watcher/scalyr-sampling-rules': JSON.stringify([
    {
      container: 'app',
      'sampling-rules': [{ match_expression: 'x', sampling_rate: 0.5 }, { match_expression: 'x' }],
    },
  ]),
  'kubernetes-log-watcher/scalyr-redaction-rules': JSON.stringify([
    { container: 'app', 'redaction-rules': [{ match_expression: 'x', replacement: 'y' }] },
  ]),
};

/** Learns which labels and annotations an agent asks for by name, by watching it ask. */
export async function learn(render: (targets: readonly Target[]) => Promise<unknown>): Promise<Vocabulary> {
  const labels = new Set<string>();
  const annotations = new Set<string>();
  const round = async () => {
    for (const target of fullTargets({ labels: [...labels], annotations: [...annotations] })) {
      const pod = {
        ...target.pod,
        labels: recorded(target.pod.labels, labels),
        namespaceLabels: recorded(target.pod.namespaceLabels, labels),
        annotations: recorded(target.pod.annotations, annotations),
      };
      await render([{ ...target, pod }]);
    }
  };
  // What is asked for may depend on what was there before.
  await round();
  await round();
  for (const name of usualLabels) labels.delete(name);
  return { labels: [...labels], annotations: [...annotations] };
}

/** Targets with everything that an agent might write, of both formats. */
export function fullTargets({ labels, annotations }: Vocabulary): Target[] {
  const texts = Object.fromEntries([...usualLabels, ...labels].map((name) => [name, name]));
  const input: TargetInput = {
    labels: texts,
    namespaceLabels: texts,
    owner: { kind: 'Deployment', name: 'shop' },
    annotations: Object.fromEntries(annotations.map((name) => [name, forms[name] ?? name])),
    hints: {
      parser: 'json',
      multilineStart: '^x',
      sampling: [{ match: 'x', rate: 0.5 }, { rate: 1 }],
      redaction: [{ match: 'x', replacement: 'y' }],
      tenant: 'team',
      attributes: { team: 'blue' },
    },
  };
  const formats = ['docker', 'cri'] as const;
  return formats.flatMap((format) => [
    makeTarget({ ...input, format, id: `full-${format}` }),
    makeTarget({ ...input, format, id: `plain-${format}`, hints: {} }),
    makeTarget({ ...input, format, id: `odd-${format}`, owner: { kind: 'Odd', name: 'shop' } }),
    makeTarget({ ...input, format, id: `ownerless-${format}`, owner: { kind: '', name: 'shop' } }),
  ]);
}

function recorded<T extends object>(map: T, names: Set<string>): T {
  const note = (name: string | symbol) => {
    if (typeof name === 'string' && name !== 'toJSON' && !(name in Object.prototype)) names.add(name);
  };
  let listing = false;
  return new Proxy(map, {
    get: (target, name) => (note(name), Reflect.get(target, name)),
    has: (target, name) => (note(name), Reflect.has(target, name)),
    ownKeys(target) {
      listing = true;
      return Reflect.ownKeys(target);
    },
    getOwnPropertyDescriptor(target, name) {
      if (!listing) note(name);
      return Reflect.getOwnPropertyDescriptor(target, name);
    },
  });
}
