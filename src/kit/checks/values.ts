import type { Check } from '../check.ts';
import { strangeKey } from './judging.ts';
import { hostileText } from '../hostile.ts';
import { createRandom } from '../random.ts';
import { leavesOf, readFile } from '../read.ts';
import { renderWith, type Subject } from '../subject.ts';
import { makeTarget, type TargetInput } from '../targets.ts';

const tries = 300;

/**
 * Where the whole of a value is one text of the pod's, it has to be that text for any text. Signs with a meaning to some
 * shipper are left out: to write those otherwise may be the only safe way.
 */
export const values: Check = {
  name: 'values',
  meaning: 'what a pod says arrives as it was said, and no label takes the place of another value',
  async look(subject) {
    const marker = (name: string) => `marker-${name}`;
    const plain = await leaves(subject, inputOf(subject, marker));
    const marked = await leaves(subject, { ...inputOf(subject, marker), ...spoofing(subject, marker) });
    if (!plain || !marked) return undefined;
    for (const text of plain.values()) {
      if (countOf(marked, text) >= countOf(plain, text) || !String(text).startsWith('marker-')) continue;
      const example = [{ ...inputOf(subject, marker), ...spoofing(subject, marker) }];
      return { problem: `a label takes the place of the value ${JSON.stringify(text)}`, example };
    }
    for (let seed = 0; seed < tries; seed += 1) {
      const random = createRandom(seed);
      const texts = new Map<string, string>();
      const textOf = (name: string) => {
        const text =
          hostileText(random)
            .slice(0, 100)
            .replace(/[$%#{}@*?[\]\\]/g, '') || 'x';
        texts.set(`marker-${name}`, text);
        return text;
      };
      const input = { ...inputOf(subject, textOf), ...spoofing(subject, textOf) };
      const found = await leaves(subject, input);
      for (const [way, marker] of found ? marked : []) {
        const text = texts.get(String(marker))?.toWellFormed();
        if (text === undefined || found?.get(way) === text) continue;
        return {
          problem: `the value at ${way} should be ${JSON.stringify(text)}, but is ${JSON.stringify(found?.get(way))}`,
          example: [input],
        };
      }
    }
    return undefined;
  },
};

function inputOf(subject: Subject, text: (name: string) => string): TargetInput {
  return {
    id: 'id-1',
    log: '/var/log/pods/1/0.log',
    namespace: text('of the namespace'),
    pod: text('of the pod'),
    container: text('of the container'),
    labels: labelsOf(subject, text),
  };
}

/** Labels that are called like other facts. */
function spoofing(subject: Subject, text: (name: string) => string): Pick<TargetInput, 'labels'> {
  const names = ['namespace', 'pod', 'container', 'container_name', 'format', 'path', 'cluster', 'node', 'logfile'];
  return { labels: { ...Object.fromEntries(names.map((name) => [name, 'spoof'])), ...labelsOf(subject, text) } };
}

function labelsOf({ vocabulary }: Subject, text: (name: string) => string): Record<string, string> {
  const names = ['application', 'component', 'version', 'environment', 'release', ...vocabulary.labels];
  return Object.fromEntries(names.map((name) => [name, text(name)]));
}

function countOf(found: ReadonlyMap<string, unknown>, text: unknown): number {
  return [...found.values()].filter((value) => value === text).length;
}

/** All values of all files, by the place of the file and the way to the value; nothing where hostile text got through. */
async function leaves(subject: Subject, input: TargetInput): Promise<Map<string, unknown> | undefined> {
  const targets = [makeTarget(input)];
  const made = await renderWith(subject, targets).catch(() => undefined);
  if (!made || strangeKey(made.outputs, targets, subject.keys)) return undefined;
  if (made.outputs.some((output) => readFile(output).problem !== undefined)) return undefined;
  return new Map(made.outputs.flatMap((output, index) => [...leavesOf(readFile(output).value, `outputs[${index}]`)]));
}
