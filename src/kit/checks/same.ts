import { isDeepStrictEqual } from 'node:util';
import { parseDocument } from 'yaml';
import type { Output } from '../../agent/agent.ts';
import type { Target } from '../../agent/target.ts';
import type { Check, Finding } from '../check.ts';
import { renderWith, type Subject } from '../subject.ts';
import { makeTarget, makeTargets, node } from '../targets.ts';
import { fullTargets } from '../vocabulary.ts';
import { nextYear } from '../clock.ts';

export const repeatable: Check = {
  name: 'repeatable',
  meaning: 'the same targets give the same bytes, whatever the time, so that a second pass changes nothing',
  async look(subject) {
    const targets = samples(subject);
    const first = await outputsOf(subject, targets);
    if (!first) return undefined;
    const again = await outputsOf(subject, targets);
    const later = await nextYear(() => outputsOf(subject, targets));
    return differs(first, again, 'a second time') ?? differs(first, later, 'a year later, with other random numbers');
  },
};

export const untouched: Check = {
  name: 'untouched-input',
  meaning: 'targets, node and options are left as they were given',
  async look(subject) {
    const given = { targets: samples(subject), node: structuredClone(node), options: structuredClone(subject.options) };
    const before = structuredClone(given);
    await renderWith({ ...subject, options: given.options }, given.targets, given.node).catch(() => {});
    const changed = (['node', 'options'] as const).filter((part) => !isDeepStrictEqual(given[part], before[part]));
    const target = before.targets.find((one, index) => !isDeepStrictEqual(one, given.targets[index]));
    if (target || given.targets.length !== before.targets.length) changed.push('targets' as never);
    return changed.length > 0 ? { problem: `it changes its input: ${changed.join(', ')}` } : undefined;
  },
};

export const targetOrder: Check = {
  name: 'order-of-targets',
  meaning: 'what is made of a target depends on no other, so that targets may come in any order',
  async look(subject) {
    const targets = makeTargets(20);
    const first = await outputsOf(subject, targets);
    const turned = await outputsOf(subject, targets.toReversed());
    if (!first || !turned) return undefined;
    return differs(first.map(inAnyOrder), turned.map(inAnyOrder), 'of the same targets in another order');
  },
};

export const labelOrder: Check = {
  name: 'order-of-labels',
  meaning: 'the order of labels and annotations makes no difference',
  async look(subject) {
    const names = ['zone', 'app.kubernetes.io/name', 'application', 'version', ...subject.vocabulary.labels];
    const labels = Object.fromEntries(names.map((name) => [name, `x${name}`]));
    const annotations = Object.fromEntries(subject.vocabulary.annotations.map((name) => [name, name]));
    const turn = (map: Record<string, string>) => Object.fromEntries(Object.entries(map).toReversed());
    const first = await outputsOf(subject, [makeTarget({ labels, annotations })]);
    const turned = await outputsOf(subject, [makeTarget({ labels: turn(labels), annotations: turn(annotations) })]);
    if (!first || !turned) return undefined;
    const finding = differs(first, turned, 'with labels in another order');
    return finding && { ...finding, example: [{ labels }] };
  },
};

function samples(subject: Subject): Target[] {
  return [...makeTargets(20), ...fullTargets(subject.vocabulary)];
}

/** Undefined if the agent throws, which other checks tell. */
async function outputsOf(subject: Subject, targets: readonly Target[]): Promise<Output[] | undefined> {
  try {
    return structuredClone((await renderWith(subject, targets)).outputs);
  } catch {
    return undefined;
  }
}

function differs(before: readonly Output[], after: readonly Output[] = [], when: string): Finding | undefined {
  const [first, then] = [byPath(before), byPath(after)];
  for (const path of new Set([...first.keys(), ...then.keys()])) {
    const [old, now] = [first.get(path), then.get(path)];
    if (isDeepStrictEqual(old, now)) continue;
    const what = old === undefined ? 'is made only' : now === undefined ? 'is not made' : 'is another';
    return { problem: `${path} ${what} ${when}`, outputs: [...(old ?? []), ...(now ?? [])] };
  }
  return undefined;
}

function byPath(outputs: readonly Output[]): Map<string, Output[]> {
  const inOrder = outputs.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return Map.groupBy(inOrder, ({ path }) => path);
}

/** A file that is told of all targets may list them in the order in which they come. */
function inAnyOrder(output: Output): Output {
  if (output.kind === 'link') return output;
  const document = parseDocument(output.content, { logLevel: 'silent' });
  const value: unknown = document.errors.length === 0 ? document.toJS() : output.content;
  if (typeof value === 'object' && value !== null) return { ...output, content: JSON.stringify(sorted(value)) };
  const lines = output.content.split('\n').map((line) => line.replace(/,$/, ''));
  return { ...output, content: lines.sort().join('\n') };
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const parts = value.map((part) => JSON.stringify(sorted(part)));
    return parts.sort();
  }
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, part]) => [key, sorted(part)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
