import { parseDuration } from '../query/duration.ts';
import { quoted, unquote } from '../quoted.ts';
import { LogqlError } from './syntax.ts';

export interface Token {
  kind: 'string' | 'word' | 'number' | 'duration' | 'bytes' | 'range' | 'sign' | 'end';
  /** A string's is what it stands for. */
  text: string;
  /** Of numbers and bytes; of durations and ranges in nanoseconds, which a double holds exactly for a hundred days. */
  value: number;
  /** Letters before it. */
  at: number;
}

const longest = 50_000;
const blank = /(?:\s+|#[^\n]*)*/y;
const word = /[A-Za-z_][\w:]*/y;
const number = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|0x[\da-fA-F]+/y;
const duration = /(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|[smhdwy]))+(?![\w.])/y;
const bytes = /(\d+(?:\.\d+)?)([kKMGTP]i?)?B(?![\w.])/y;
const range = /\[([^\]]*)\]/y;
const sign = /\|=|\|~|\|>|!=|!~|!>|=~|==|>=|<=|[{}()=,|<>+\-*/%^]/y;

/** The words of a query, an end behind them. Throws a `LogqlError`. */
export function tokensOf(text: string): Token[] {
  if (text.length > longest) throw new LogqlError(`a query has more than ${longest} characters`);
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at;
    return pattern.exec(text) ?? undefined;
  };
  for (;;) {
    at += take(blank)?.[0].length ?? 0;
    if (at >= text.length) return [...tokens, { kind: 'end', text: 'the end', value: 0, at }];
    const [token, length] = next(take, text, at);
    tokens.push({ ...token, at });
    at += length;
  }
}

function next(
  take: (pattern: RegExp) => RegExpExecArray | undefined,
  text: string,
  at: number,
): [Omit<Token, 'at'>, number] {
  const string = take(quoted)?.[0];
  if (string !== undefined) {
    const text = unquote(string);
    if (text === undefined) throw new LogqlError(`${place(at)}: a text has an escape that there is not`);
    return [{ kind: 'string', text, value: 0 }, string.length];
  }
  const inside = take(range);
  if (inside) {
    const [all = '', length = ''] = inside;
    const value = parseDuration(length.trim());
    if (value === undefined || value === 0n)
      throw new LogqlError(`${place(at)}: ${JSON.stringify(length.slice(0, 50))} is no length of time`);
    return [{ kind: 'range', text: all, value: Number(value) }, all.length];
  }
  const name = take(word)?.[0];
  if (name !== undefined) return [{ kind: 'word', text: name, value: 0 }, name.length];
  const long = take(duration)?.[0];
  if (long !== undefined) {
    const value = parseDuration(long);
    if (value === undefined) throw new LogqlError(`${place(at)}: ${long.slice(0, 50)} is too long a time`);
    return [{ kind: 'duration', text: long, value: Number(value) }, long.length];
  }
  const size = take(bytes);
  if (size) return [{ kind: 'bytes', text: size[0], value: Number(size[1]) * unitOf(size[2] ?? '') }, size[0].length];
  const digits = take(number)?.[0];
  if (digits !== undefined) return [{ kind: 'number', text: digits, value: Number(digits) }, digits.length];
  const one = take(sign)?.[0];
  if (one !== undefined) return [{ kind: 'sign', text: one, value: 0 }, one.length];
  throw new LogqlError(`${place(at)}: ${JSON.stringify(text.slice(at, at + 10))} can't be read`);
}

const unitOf = (prefix: string) =>
  prefix === '' ? 1 : (prefix.endsWith('i') ? 1024 : 1000) ** ('KMGTP'.indexOf(prefix.charAt(0).toUpperCase()) + 1);

/** Bytes of `1.5KB` or `10MiB`; undefined for another text. */
export function parseBytes(text: string): number | undefined {
  bytes.lastIndex = 0;
  const [all, count, prefix = ''] = bytes.exec(text) ?? [];
  return all === text && text !== '' ? Number(count) * unitOf(prefix) : undefined;
}

export const place = (at: number) => `at character ${at + 1}`;
