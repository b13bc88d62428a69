import type { TargetInput } from './targets.ts';

type Fails = (inputs: readonly TargetInput[]) => Promise<boolean>;

/** The smallest example that still fails, as far as so many tries lead. Its ids and log paths stay. */
export async function shrink(
  inputs: readonly TargetInput[],
  fails: Fails,
  tries = 400,
): Promise<readonly TargetInput[]> {
  let smallest = inputs;
  let left = tries;
  for (let found = true; found && left > 0;) {
    found = false;
    for (const candidate of smaller(smallest)) {
      if (left-- <= 0) break;
      if (!(await fails(candidate))) continue;
      smallest = candidate;
      found = true;
      break;
    }
  }
  return smallest;
}

/** Examples that are one step smaller, the greatest steps first. */
function* smaller(inputs: readonly TargetInput[]): Generator<readonly TargetInput[]> {
  if (inputs.length > 1) for (const one of inputs) yield inputs.filter((input) => input !== one);
  for (const [index, input] of inputs.entries()) {
    for (const part of smallerParts(input, ['id', 'log', 'format', 'containerId'])) yield inputs.with(index, part);
  }
}

function* smallerParts<T extends object>(map: T, kept: readonly string[] = []): Generator<T> {
  const entries = Object.entries(map).filter(([name]) => !kept.includes(name)) as [string, unknown][];
  for (const [name] of entries) yield without(map, name);
  for (const [name, value] of entries) {
    if (typeof value === 'string') for (const text of shorter(value)) yield { ...map, [name]: text };
    else if (typeof value === 'object' && value !== null && !Array.isArray(value))
      for (const part of smallerParts(value)) yield { ...map, [name]: part };
  }
}

function without<T extends object>(map: T, name: string): T {
  return Object.fromEntries(Object.entries(map).filter(([other]) => other !== name)) as T;
}

function* shorter(text: string): Generator<string> {
  if (text.length === 0) return;
  const half = Math.ceil(text.length / 2);
  yield text.slice(0, text.length - half);
  yield text.slice(half);
  if (text.length <= 12) for (let at = 0; at < text.length; at += 1) yield text.slice(0, at) + text.slice(at + 1);
}
