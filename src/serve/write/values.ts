import { parseShared } from './shared.ts';

/** What a body holds, one value for each record; those that are no JSON at all are counted. */
export interface Values {
  values: unknown[];
  broken: number;
}

/** A date with more digits than a double can tell apart, as our own shipper writes it at the beginning of a record. */
const precise = /\{"date":(\d+\.\d{7,}),/g;

/**
 * Reads an array of records, one record, or records behind each other, on lines or not. Throws where it is nothing of
 * that; with `skip` a line that is none is left out as long as there are others. Where a date has more digits than a number
 * can have, it stands a second time under `exact_date`, as text.
 */
export function readValues(text: string, skip: boolean): Values {
  const exact = text.replace(precise, (found, date: string, at: number) =>
    at === 0 || '[,\n'.includes(text[at - 1] ?? '') ? `{"date":${date},"exact_date":"${date}",` : found,
  );
  let value: unknown;
  try {
    value = parseShared(exact) ?? JSON.parse(exact);
  } catch (error) {
    const values = onLines(exact, skip) ?? inARow(exact);
    if (values) return values;
    throw error;
  }
  if (value === null) return { values: [], broken: 0 };
  if (Array.isArray(value)) return { values: value, broken: 0 };
  if (!isRecord(value)) throw new Error('neither an array nor a record');
  return { values: [value], broken: 0 };
}

function onLines(text: string, skip: boolean): Values | undefined {
  const read: Values = { values: [], broken: 0 };
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const value = attempt(line);
    if (isRecord(value)) read.values.push(value);
    else if (skip) read.broken += 1;
    else return undefined;
  }
  return read.values.length > 0 ? read : undefined;
}

/** Objects behind each other, with or without blanks between them. */
function inARow(text: string): Values | undefined {
  const values: unknown[] = [];
  // A quoted text, or a brace: what else there is does not tell where an object ends.
  const sign = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}]/gs;
  let depth = 0;
  let begin = 0;
  for (const { 0: found, index } of text.matchAll(sign)) {
    if (found === '{') {
      if (depth === 0 && text.slice(begin, index).trim() !== '') return undefined;
      if (depth === 0) begin = index;
      depth += 1;
    } else if (found === '}') {
      depth -= 1;
      if (depth < 0) return undefined;
      if (depth > 0) continue;
      const value = attempt(text.slice(begin, index + 1));
      if (!isRecord(value)) return undefined;
      values.push(value);
      begin = index + 1;
    } else if (depth === 0) return undefined;
  }
  return values.length > 0 && text.slice(begin).trim() === '' ? { values, broken: 0 } : undefined;
}

function attempt(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // Undefined is no JSON.
    return undefined;
  }
}

export type Json = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An object that isn't in an array must look like a record of a log. */
export const isRecord = (value: unknown): value is Json =>
  isObject(value) && ['kubernetes', 'log', 'time', 'date'].some((key) => Object.hasOwn(value, key));
