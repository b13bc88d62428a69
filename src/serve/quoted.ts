/** A text as Go quotes it. Source: https://go.dev/ref/spec#String_literals */
export const quoted = /"(?:[^"\\\n]|\\.)*"|`[^`]*`/y;

const escape = /\\(?:x([\da-fA-F]{2})|([0-7]{3})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([^xuU0-7]))|[^\\]+|\\/gy;
const letters: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

/** What it stands for; undefined with an escape that there is not. Bytes that are given as numbers are UTF-8. */
export function unquote(text: string): string | undefined {
  const inner = text.slice(1, -1);
  if (text.startsWith('`') || !inner.includes('\\')) return inner;
  const parts: Buffer[] = [];
  for (const [all, hex, octal, four, eight, letter] of inner.matchAll(escape)) {
    const code = Number.parseInt(four ?? eight ?? '', 16);
    if (!all.startsWith('\\')) parts.push(Buffer.from(all));
    else if (hex ?? octal) parts.push(Buffer.from([hex ? Number.parseInt(hex, 16) : Number.parseInt(octal ?? '', 8)]));
    else if (code <= 0x10ffff) parts.push(Buffer.from(String.fromCodePoint(code)));
    else if (letter !== undefined && Object.hasOwn(letters, letter)) parts.push(Buffer.from(letters[letter] ?? ''));
    else return undefined;
  }
  return Buffer.concat(parts).toString('utf8');
}
