const key = '"kubernetes":';
/** As JSON writes the letter that begins a stand-in; what holds it already is left alone. */
const nul = '\\u0000';
/** With so many characters most objects tell themselves apart. */
const enough = 64;

/**
 * Parses an array of records. What stands under `kubernetes` is nearly all of a record and mostly the same as before: it
 * is parsed once, and records with the same text share one object. For the parser a short text stands in for it, which no record
 * can have. Undefined where that can't be done, or where it is no JSON.
 */
export function parseShared(text: string): unknown[] | undefined {
  if (!text.startsWith('[') || text.includes(nul)) return undefined;
  try {
    const { rest, objects, taken } = takeOut(text);
    const values = JSON.parse(rest) as unknown[];
    return putBack(values, objects) === taken ? values : undefined;
  } catch {
    return undefined;
  }
}

function takeOut(text: string) {
  const objects: unknown[] = [];
  const known = new Map<string, { text: string; instead: string }>();
  let [rest, from, taken] = ['', 0, 0];
  for (let at = text.indexOf(key); at >= 0; at = text.indexOf(key, Math.max(from, at + 1))) {
    const begin = at + key.length;
    // The quote of a name stands behind one of these, and one that is written in a text stands behind neither.
    if (text[begin] !== '{' || (text[at - 1] !== ',' && text[at - 1] !== '{')) continue;
    const head = text.slice(begin, begin + enough);
    let one = known.get(head);
    if (!one || text.slice(begin, begin + one.text.length) !== one.text) {
      const whole = text.slice(begin, endOf(text, begin));
      const number = objects.push(JSON.parse(whole)) - 1;
      known.set(head, (one = { text: whole, instead: `"${nul}${number}"` }));
    }
    rest += text.slice(from, begin) + one.instead;
    from = begin + one.text.length;
    taken += 1;
  }
  return { rest: rest + text.slice(from), objects, taken };
}

/** Where the object ends that begins here. */
function endOf(text: string, begin: number): number {
  let depth = 0;
  let quoted = false;
  for (let at = begin; at < text.length; at += 1) {
    const letter = text[at];
    if (letter === '"') quoted = !quoted;
    else if (quoted) at += letter === '\\' ? 1 : 0;
    else if (letter === '{') depth += 1;
    else if (letter === '}' && (depth -= 1) === 0) return at + 1;
  }
  return text.length;
}

/** Returns how many records got their object back. */
function putBack(values: readonly unknown[], objects: readonly unknown[]): number {
  let count = 0;
  for (const value of values as ({ kubernetes?: unknown } | null)[]) {
    const instead = value?.kubernetes;
    if (!value || typeof instead !== 'string' || !instead.startsWith('\0')) continue;
    value.kubernetes = objects[Number(instead.slice(1))];
    count += 1;
  }
  return count;
}
