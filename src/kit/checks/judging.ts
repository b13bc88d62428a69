import { posix } from 'node:path';
import type { Output } from '../../agent/agent.ts';
import { labelName } from '../../agent/labels.ts';
import { checkOutputs } from '../../agent/outputs.ts';
import type { Target } from '../../agent/target.ts';
import type { Check } from '../check.ts';
import { keysOf, readFile, withoutIds } from '../read.ts';
import { secretText } from '../targets.ts';

export const distinctPaths: Check = {
  name: 'distinct-paths',
  meaning: 'no two outputs have one path, and none lies below another',
  judge({ outputs }) {
    const paths = new Set<string>();
    for (const { path } of outputs) {
      if (paths.has(path)) return `${JSON.stringify(path)} is the path of more than one output`;
      paths.add(path);
    }
    for (const path of paths) {
      for (let parent = posix.dirname(path); parent.length > 1; parent = posix.dirname(parent))
        if (paths.has(parent))
          return `${JSON.stringify(path)} lies below ${JSON.stringify(parent)}, which is an output`;
    }
    return undefined;
  },
};

export const places: Check = {
  name: 'places',
  meaning: 'every path is a normal one and lies where the options of type directory and file allow',
  judge({ outputs }, { agent, options }) {
    for (const output of outputs) {
      const [problem] = checkOutputs(agent, [output], options);
      if (problem !== undefined) return problem.replace(`Agent ${agent.name}: `, '');
    }
    return undefined;
  },
};

export const readable: Check = {
  name: 'formats',
  meaning: 'every .json, .yaml, .yml and .job file parses; YAML means the same in version 1.1 and 1.2',
  judge: ({ hostile, outputs }) => (hostile ? undefined : unreadable(outputs)),
};

export const hostileText: Check = {
  name: 'hostile-text',
  meaning: 'whatever a pod says is data: nothing throws, every file still parses, and no key is made of it',
  judge({ hostile, targets, outputs, error }, { keys, readable }) {
    if (!hostile) return undefined;
    if (error !== undefined) return `it throws: ${error}`;
    const problem = readable ? unreadable(outputs) : undefined;
    return problem ?? strangeKey(outputs, targets, keys);
  },
};
export const secrets: Check = {
  name: 'secrets',
  meaning: 'secrets stand in no path, link or report, and only in files of a mode like 0600',
  judge({ outputs, reports, error }) {
    const told = [...reports, error ?? ''].find(leaks);
    if (told !== undefined) return 'a secret is told to the operator';
    for (const output of outputs) {
      const isPrivate = output.kind === 'file' && ((output.mode ?? 0o644) & 0o077) === 0;
      const { content, ...rest } = output.kind === 'file' ? output : { ...output, content: '' };
      if (leaks(JSON.stringify(rest))) return `a secret stands in the path or the aim of ${output.path}`;
      if (!isPrivate && leaks(content)) return `${output.path} holds a secret, and its mode lets others read it`;
    }
    return undefined;
  },
};

/** Tells of a key that ordinary targets don't have, unless it is that of a label. */
export function strangeKey(
  outputs: readonly Output[],
  targets: readonly Target[],
  keys: ReadonlySet<string>,
): string | undefined {
  const allowed = labelKeys(targets);
  for (const output of outputs) {
    const strange = withoutIds(keysOf(readFile(output).value), targets).find((key) => !keys.has(key) && !allowed(key));
    if (strange !== undefined) return `${output.path}: ${JSON.stringify(strange)} became a key`;
  }
  return undefined;
}

function leaks(text: string): boolean {
  return [secretText, Buffer.from(secretText).toString('base64'), encodeURIComponent(secretText)].some((form) =>
    text.includes(form),
  );
}

function unreadable(outputs: readonly Output[]): string | undefined {
  for (const output of outputs) {
    const { problem } = readFile(output);
    if (problem !== undefined) return `${output.path} ${problem}`;
  }
  return undefined;
}

/** The key of a label may become a key, as it is or made legal; a name that was taken gets something behind it. */
function labelKeys(targets: readonly Target[]): (key: string) => boolean {
  const given = targets.flatMap(({ pod, hints }) =>
    [pod.labels, pod.annotations, pod.namespaceLabels, hints.attributes].flatMap((map) => Object.keys(map)),
  );
  const verbatim = new Set(given.map((key) => key.toWellFormed()));
  const legal = new Set(given.map(labelName));
  const ends = /_[0-9a-f]{1,8}_*$|_+$/;
  return (key) => {
    const name = key.replace(/^label_/, '');
    return verbatim.has(key) || [key, name].some((one) => legal.has(one) || legal.has(one.replace(ends, '')));
  };
}
