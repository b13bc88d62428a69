/** Characters of a regular expression in a hint. */
const longest = 1000;
/** RE2 and Go take no greater count, nested ones multiplied (https://github.com/google/re2/wiki/Syntax). */
const mostRepeats = 1000;
/** Rust takes some 50 kB for each and 10 MB at the most (https://docs.rs/regex, RegexBuilder::size_limit). */
const mostWords = 100;

/** An escape that means the same to RE2, Go, Rust, Python, Java, Ruby and ECMAScript. */
const escape = /^\\(?:[dDwWsSnrtfv]|x[0-9a-fA-F]{2}|[!-/:;=?@[-`{-~])/;
const classes = /^\\[dDwWsS]/;

/**
 * Says what is wrong with a regular expression that every shipper is to take, or returns undefined. Allowed is what
 * RE2, Go, Rust, Python, Java, Ruby and ECMAScript have in common, since some shippers refuse their whole configuration
 * for one expression that they don't know.
 */
export function patternProblem(text: string): string | undefined {
  if (text === '') return 'is empty';
  if (text.length > longest) return `has more than ${longest} characters`;
  if (!text.isWellFormed() || /\p{Cc}/u.test(text)) return 'has a control character; write it as an escape, as in \\t';
  const foreign = foreignSyntax(text);
  if (foreign !== undefined) return foreign;
  try {
    // Compiled for its syntax alone; it never meets a line here.
    void new RegExp(text);
    return undefined;
  } catch (error) {
    return `is no regular expression: ${(error as Error).message.replace(/^.*\/: /s, '')}`;
  }
}

/** What only some of the languages know, by the first place where it is met. */
function foreignSyntax(text: string): string | undefined {
  const groups: Size[] = [{ repeats: 1, words: 0 }];
  let last: Size = { repeats: 1, words: 0 };
  const close = () => {
    const inner = groups.pop() ?? last;
    const outer = groups.at(-1);
    if (outer) last = inner;
    else groups.push(inner);
  };
  for (let at = 0; at < text.length;) {
    const rest = text.slice(at);
    const part = partOf(rest);
    if ('problem' in part) return part.problem;
    at += part.length;
    const count = /^\{(\d+)(?:,(\d*))?\}/.exec(text.slice(at));
    const times = count ? Math.max(Number(count[2] || count[1]), 1) : 1;
    if (part.opens) {
      groups.push({ repeats: 1, words: 0 });
      continue;
    }
    if (rest.startsWith(')')) close();
    else last = { repeats: 1, words: part.words };
    const size = { repeats: last.repeats * times, words: last.words * times };
    const group = groups.at(-1) ?? size;
    groups[groups.length - 1] = {
      repeats: Math.max(group.repeats, size.repeats),
      words: group.words + size.words,
    };
    if (size.repeats > mostRepeats) return `repeats something more than ${mostRepeats} times`;
    if ((groups.at(-1)?.words ?? 0) > mostWords) return `repeats \\w or \\W more than ${mostWords} times`;
    at += count?.[0].length ?? 0;
  }
  return undefined;
}

/** How large a shipper's program for a part becomes. */
interface Size {
  /** How often something in it is repeated by counts, nested ones multiplied. */
  repeats: number;
  /** How many classes of letters of all languages it holds, repeated ones counted as often. */
  words: number;
}

type Part = { length: number; words: number; opens?: boolean } | { problem: string };

/** The part of an expression with which the text begins: a class, an escape, the beginning of a group or a character. */
function partOf(text: string): Part {
  if (text.startsWith('[')) {
    const length = classEnd(text);
    if (typeof length === 'string') return { problem: length };
    return { length, words: /\\w/i.test(text.slice(0, length)) ? 1 : 0 };
  }
  if (text.startsWith('\\')) {
    const found = (escape.exec(text) ?? /^\\[bB]/.exec(text))?.[0];
    return found === undefined
      ? { problem: foreignEscape(text) }
      : { length: found.length, words: /^\\w/i.test(found) ? 1 : 0 };
  }
  if (text.startsWith('(')) {
    const opening = /^\(\?(?:[ims]+|[ims]*-[ims]+)?:/.exec(text)?.[0] ?? '(';
    if (opening === '(' && text[1] === '?') return { problem: foreignGroup(text) };
    return { length: opening.length, words: 0, opens: true };
  }
  return text.startsWith('{') ? { problem: 'has a { that begins no count; write \\{' } : { length: 1, words: 0 };
}

/** The length of the class at the beginning of the text, or what is wrong with it. */
function classEnd(text: string): number | string {
  let at = text[1] === '^' ? 2 : 1;
  if (text[at] === ']') return 'has a class that is empty or begins with ]; write \\]';
  let before = '';
  while (at < text.length && text[at] !== ']') {
    const rest = text.slice(at);
    if (rest.startsWith('[')) return 'has a [ inside a class; write \\[';
    if (/^(&&|--|~~)/.test(rest)) return `has ${rest.slice(0, 2)} inside a class, which some take for an operator`;
    const isEscape = rest.startsWith('\\');
    const [part = ''] = isEscape ? (escape.exec(rest) ?? []) : rest;
    if (part === '') return foreignEscape(rest);
    const next = text.slice(at + 1);
    if (part === '-' && before !== '' && !next.startsWith(']') && (classes.test(before) || classes.test(next)))
      return 'has a range that begins or ends with a class';
    before = part;
    at += part.length;
  }
  return at < text.length ? at + 1 : 'has a class without its ]';
}

function foreignEscape(text: string): string {
  if (/^\\[1-9k]/.test(text)) return 'has a back-reference, which most shippers refuse';
  return text.length === 1 ? 'ends with \\' : `has the escape ${text.slice(0, 2)}, which not all shippers know`;
}

function foreignGroup(text: string): string {
  if (/^\(\?<?[=!]/.test(text)) return 'looks ahead or behind, which most shippers refuse';
  if (/^\(\?P?</.test(text)) return 'has a named group, which shippers write in different ways; use ( )';
  if (/^\(\?[a-zA-Z]+\)/.test(text)) return 'has a flag for the whole; write it around a group, as in (?i:…)';
  return `has a group that begins with ${text.slice(0, 3)}, which not all shippers know`;
}
