import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { strangersPattern } from '../../system/pattern.ts';
import { entriesOf, isDirectory, type Looked } from '../follow/look.ts';
import type { Multiline, Source } from '../record.ts';

/** A log that somebody else wants followed, with what its lines are told by. */
export interface TargetEntry extends Pick<Source, 'attributes' | 'multiline'> {
  path: string;
}

interface RawTarget {
  path?: unknown;
  pod_uid?: string;
  attributes?: Record<string, unknown>;
  multiline?: { start?: unknown; lines?: unknown };
}

/** A file, or all `.json` and `.yaml` files of a directory; each holds one target, or `targets` with several. */
export function readTargets(path: string, found: Looked): TargetEntry[] {
  if (!isDirectory(path, found)) return readTargetFile(path, found);
  found.directories.add(path);
  const names = entriesOf(path, found).map(({ name }) => name);
  const wanted = names.filter((name) => /^[^.].*\.(json|ya?ml)$/.test(name));
  return wanted.flatMap((name) => readTargetFile(join(path, name), found));
}

function readTargetFile(path: string, found: Looked): TargetEntry[] {
  try {
    const text = readFileSync(path, 'utf8');
    const read = (text.trimStart().startsWith('{') ? JSON.parse(text) : parseYaml(text)) as
      (RawTarget & { targets?: RawTarget[] }) | null;
    return (read?.targets ?? [read ?? {}]).flatMap(({ path, pod_uid, attributes, multiline }) => {
      if (typeof path !== 'string') return [];
      // A static pod's directory is named otherwise, and Docker's tells none.
      const told: Record<string, unknown> = { ...attributes, ...(pod_uid && { pod_uid }) };
      const texts = Object.entries(told).map(([name, value]) => [name, String(value)] as const);
      return { path, attributes: Object.fromEntries(texts), multiline: multilineOf(multiline, found) };
    });
  } catch (error) {
    found.problems.push(`${path}: ${(error as Error).message}`);
    return [];
  }
}

function multilineOf(given: RawTarget['multiline'], found: Looked): Multiline | undefined {
  if (!given?.start) return undefined;
  const { start, lines } = given;
  try {
    if (typeof start !== 'string') throw new Error(`${JSON.stringify(start)} is no pattern`);
    return { start: strangersPattern(start), lines: typeof lines === 'number' ? lines : 500 };
  } catch (error) {
    found.problems.push(`multiline: ${(error as Error).message}`);
    return undefined;
  }
}
