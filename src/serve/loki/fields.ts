import { parseDuration } from '../query/duration.ts';
import { parseBytes } from '../logql/lexer.ts';
import { parse } from '../logql/parse.ts';
import { json, logfmt } from '../logql/parsers.ts';
import { lines, select } from '../logql/select.ts';
import { LogqlError } from '../logql/syntax.ts';
import { readBounds, readNumber } from './loki.ts';
import type { World } from '../route.ts';

export interface Detected {
  values: Set<string>;
  parsers: Set<string>;
}

/** What a sample of lines holds: by name, as `json` and `logfmt` would find it. */
export async function detect(form: URLSearchParams, world: World, signal: AbortSignal): Promise<Map<string, Detected>> {
  // Grafana leaves an empty selector away.
  const query = parse(form.get('query') || '{}');
  if (query.kind !== 'log') throw new LogqlError('only queries for lines are supported');
  const { start, end } = readBounds(form, world, 1n);
  let left = readNumber(
    'line_limit',
    form.get('line_limit'),
    Math.min(100, world.values['query-limit']),
    world.values['query-limit'],
  );
  const context = { store: world.store, signal, seen: { lines: 0, bytes: 0 } };
  const selected = await select(query, { from: start, to: end }, [], context);
  const found = new Map<string, Detected>();
  for await (const { line } of lines(selected, 'backward', context)) {
    const parser = /^\s*\{/.test(line.log) ? 'json' : 'logfmt';
    (parser === 'json' ? json([]) : logfmt([]))(line);
    for (const [name, value] of [...Object.entries(line.parsed), ...Object.entries(line.metadata)]) {
      if (name.startsWith('__error')) continue;
      const detected = found.get(name) ?? { values: new Set(), parsers: new Set() };
      detected.values.add(value);
      if (Object.hasOwn(line.parsed, name)) detected.parsers.add(parser);
      found.set(name, detected);
    }
    left -= 1;
    if (left === 0) break;
  }
  return found;
}

/** The type that all values have. */
export function typeOf(values: ReadonlySet<string>): string {
  const all = (holds: (value: string) => boolean) => [...values].every(holds);
  if (all((value) => /^-?\d+$/.test(value))) return 'int';
  if (all((value) => value.trim() !== '' && !Number.isNaN(Number(value)))) return 'float';
  if (all((value) => value === 'true' || value === 'false')) return 'boolean';
  if (all((value) => parseDuration(value) !== undefined)) return 'duration';
  return all((value) => parseBytes(value) !== undefined) ? 'bytes' : 'string';
}
