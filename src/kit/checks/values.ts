import type { Check } from '../check.ts';
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
    const marked = await leaves(
      subject,
      inputOf(subject, (name) => `marker-${name}`),
    );
    if (!marked) return undefined;
    for (let seed = 0; seed < tries; seed += 1) {
      const random = createRandom(seed);
      const texts = new Map<string, string>();
      const input = inputOf(subject, (name) => {
        const text =
          hostileText(random)
            .slice(0, 100)
            .replace(/[$%#{}@*?[\]\\]/g, '') || 'x';
        texts.set(`marker-${name}`, text);
        return text;
      });
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

function inputOf({ vocabulary }: Subject, text: (name: string) => string): TargetInput {
  const names = ['application', 'component', 'version', 'environment', 'release', ...vocabulary.labels];
  const strange = ['namespace', 'pod', 'container', 'container_name', 'format', 'path', 'cluster', 'node', 'logfile'];
  const labels = Object.fromEntries(names.map((name) => [name, text(name)]));
  const spoofs = strange.filter((name) => !names.includes(name)).map((name) => [name, 'spoof'] as const);
  return {
    id: 'id-1',
    log: '/var/log/pods/1/0.log',
    namespace: text('of the namespace'),
    pod: text('of the pod'),
    container: text('of the container'),
    labels: { ...Object.fromEntries(spoofs), ...labels },
  };
}

/** All values of all files, by the place of the file and the way to the value. */
async function leaves(subject: Subject, input: TargetInput): Promise<Map<string, unknown> | undefined> {
  const made = await renderWith(subject, [makeTarget(input)]).catch(() => undefined);
  if (!made) return undefined;
  return new Map(made.outputs.flatMap((output, index) => [...leavesOf(readFile(output).value, `outputs[${index}]`)]));
}
