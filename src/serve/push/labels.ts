import { quoted, unquote } from '../quoted.ts';

export type Labels = Readonly<Record<string, string>>;

const name = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const blank = /[ \t\n\r]*/y;

/** The limits of Loki, but for the number of labels, which is greater here. */
const most = { labels: 64, name: 1024, value: 2048, text: 262_144 };

/** Reads `{name="value", …}`, the way in which protobuf pushes tell labels. Throws where it is something else. */
export function parseLabels(source: string): Labels {
  if (source.length > most.text) throw new Error(`labels are longer than ${most.text} characters`);
  const labels: [string, string][] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    blank.lastIndex = at;
    at += blank.exec(source)?.[0].length ?? 0;
    pattern.lastIndex = at;
    const [found] = pattern.exec(source) ?? [];
    at += found?.length ?? 0;
    return found;
  };
  const need = (pattern: RegExp, what: string): string => {
    const found = take(pattern);
    if (found === undefined) throw new Error(`parse error at character ${at + 1} of the labels: expected ${what}`);
    return found;
  };
  need(/\{/y, '{');
  while (take(/\}/y) === undefined) {
    if (labels.length > 0) {
      need(/,/y, ', or }');
      if (take(/\}/y) !== undefined) break;
    }
    const key = need(name, 'the name of a label');
    need(/=/y, '=');
    const value = unquote(need(quoted, 'a text in quotes'));
    if (value === undefined) throw new Error('parse error: a label has an escape that there is not');
    labels.push([key, value]);
  }
  need(/$/y, 'the end');
  return checkLabels(labels);
}

/** What is in order as labels of a stream; throws where it isn't. */
export function checkLabels(pairs: readonly (readonly [string, unknown])[]): Labels {
  if (pairs.length === 0) throw new Error('error at least one label pair is required per stream');
  if (pairs.length > most.labels) throw new Error(`stream has ${pairs.length} labels; the limit is ${most.labels}`);
  for (const [key, value] of pairs) {
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(key) || key.length > most.name)
      throw new Error(`parse error: ${JSON.stringify(key.slice(0, 100))} is no name of a label`);
    if (typeof value !== 'string') throw new Error(`parse error: the value of label ${key} is no text`);
    if (value.length > most.value || Buffer.byteLength(value) > most.value)
      throw new Error(`the value of label ${key} is longer than ${most.value} bytes`);
  }
  // A label can be called __proto__.
  return Object.fromEntries(pairs) as Labels;
}
