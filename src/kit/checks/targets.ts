import type { Check, Finding } from '../check.ts';
import { renderWith, shows, type Subject } from '../subject.ts';
import { makeTarget, makeTargets } from '../targets.ts';
import { fullTargets } from '../vocabulary.ts';

export const noTargets = takes('no-targets', 'a node without any container to ship is no error', 0);
export const oneTarget = takes('one-target', 'it can render a single target', 1);
export const manyTargets = takes('many-targets', 'it can render 500 targets', 500);

export const everyTarget: Check = {
  name: 'every-target',
  meaning: "each target's log, or its id, is named in the outputs",
  async look(subject) {
    const targets = fullTargets(subject.vocabulary);
    const outputs = (await renderWith(subject, targets).catch(() => undefined))?.outputs;
    const lost = outputs && targets.find((target) => !shows(outputs, target));
    return lost && { problem: `nothing is made of the target ${lost.id}`, outputs };
  },
  judge({ hostile, targets, outputs, error }, { showsAll }) {
    if (!hostile || !showsAll || error !== undefined) return undefined;
    const lost = targets.find((target) => !shows(outputs, target));
    return lost && `nothing is made of the target ${lost.id}`;
  },
};

export const removal: Check = {
  name: 'removal',
  meaning: 'of a target that is gone nothing is left: what is left out of the outputs is removed from disk',
  async look(subject) {
    const gone = makeTarget({
      id: 'gone-id',
      pod: 'gone-pod',
      uid: 'gone-uid',
      container: 'gone-container',
      log: '/var/log/pods/gone-directory/gone.log',
      labels: Object.fromEntries(
        ['application', 'version', ...subject.vocabulary.labels].map((name) => [name, 'gone-text']),
      ),
    });
    const others = makeTargets(6);
    try {
      await renderWith(subject, [...others, gone]);
      const { outputs } = await renderWith(subject, others);
      const left = outputs.find((output) => JSON.stringify(output).includes('gone-'));
      if (left) return { problem: `${left.path} still tells of a target that is gone`, outputs: [left] };
    } catch {
      // What throws is told by other checks.
    }
    return undefined;
  },
};

function takes(name: string, meaning: string, count: number): Check {
  const look = async (subject: Subject): Promise<Finding | undefined> => {
    try {
      const { outputs } = await renderWith(subject, makeTargets(count));
      return Array.isArray(outputs) ? undefined : { problem: 'render gives no list of outputs' };
    } catch (error) {
      return { problem: `it throws: ${error instanceof Error ? error.message : String(error)}` };
    }
  };
  return { name, meaning, look };
}
