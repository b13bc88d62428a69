import { parseDocument } from 'yaml';
import type { Output } from '../agent/agent.ts';
import type { Target } from '../agent/target.ts';

/** The content of a file as its reader finds it on disk, as far as its name tells the format; else neither value nor problem. */
export function readFile(output: Output): { value?: unknown; problem?: string } {
  if (output.kind === 'link' || typeof output.content !== 'string') return {};
  const text = output.content.toWellFormed();
  if (output.path.endsWith('.json')) return readJson(text);
  return /\.(ya?ml|job)$/.test(output.path) ? readYaml(text) : {};
}

/** All keys of all mappings in a value. */
export function keysOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = Array.isArray(value) ? [] : Object.keys(value);
  return [...own, ...Object.values(value).flatMap(keysOf)];
}

/** The same keys, with an asterisk for what the watcher itself calls a target by. */
export function withoutIds(keys: readonly string[], targets: readonly Target[]): string[] {
  const ids = targets.flatMap(({ id, container }) => [id, container.id]).filter((id) => id !== '');
  return keys.map((key) => ids.reduce((text, id) => text.replaceAll(id, '*'), key));
}

/** All values that are no lists or mappings, by the way to them. */
export function leavesOf(value: unknown, way = ''): Map<string, unknown> {
  if (typeof value !== 'object' || value === null) return new Map([[way, value]]);
  return new Map(Object.entries(value).flatMap(([key, part]) => [...leavesOf(part, `${way}/${key}`)]));
}

function readJson(text: string): { value?: unknown; problem?: string } {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return { problem: `is no JSON: ${(error as Error).message}` };
  }
}

/** Shippers read YAML 1.1 or 1.2; only what is the same in both is safe. */
function readYaml(text: string): { value?: unknown; problem?: string } {
  const [old, current] = (['1.1', '1.2'] as const).map((version) => {
    const document = parseDocument(text, { version, logLevel: 'silent' });
    const [wrong] = [...document.errors, ...document.warnings];
    return wrong
      ? { problem: `is no YAML ${version}: ${wrong.message.split('\n')[0]}` }
      : { value: document.toJS() as unknown };
  });
  const problem = old?.problem ?? current?.problem;
  if (problem !== undefined) return { problem };
  if (JSON.stringify(old) !== JSON.stringify(current)) return { problem: 'is not the same in YAML 1.1 and YAML 1.2' };
  return { value: current?.value };
}
