import assert from 'node:assert/strict';

/** A section of Fluentd's configuration. */
export interface Section {
  name: string;
  argument: string;
  values: Readonly<Record<string, string>>;
  sections: Section[];
}

/**
 * Reads a configuration by the rules of Fluentd's own reader (v1_parser.rb, literal_parser.rb), as far as they concern
 * text: one that would be refused fails, and so does one in which Ruby would run.
 */
export function readConfig(text: string): Section {
  const root: Section = { name: '', argument: '', values: {}, sections: [] };
  const open: Section[] = [root];
  for (const line of text.split('\n').map((line) => line.trim())) {
    const current = open.at(-1);
    assert.ok(current, 'a section is closed too often');
    if (line === '' || line.startsWith('#')) continue;
    const begin = /^<(\w+)\s*(.*)>$/.exec(line);
    if (/^<\/\w+>$/.test(line)) {
      assert.equal(line, `</${current.name}>`);
      open.pop();
    } else if (begin) {
      const section = { name: begin[1] ?? '', argument: literal(begin[2] ?? ''), values: {}, sections: [] };
      current.sections.push(section);
      open.push(section);
    } else {
      const [, key = '', value = ''] = /^(\S+)\s*(.*)$/s.exec(line) ?? [];
      assert.match(key, /^@?\w+$/);
      assert.ok(!Object.hasOwn(current.values, key), `${key} twice`);
      current.values = { ...current.values, [key]: literal(value) };
    }
  }
  assert.deepEqual(open, [root]);
  return root;
}

function literal(text: string): string {
  if (text.startsWith("'"))
    return quoted(text, /^'((?:\\[^]|[^'\\])*)'$/, (sign) => (/[\\']/.test(sign) ? sign : `\\${sign}`));
  if (text.startsWith('"')) {
    assert.doesNotMatch(text.replace(/\\[^]/g, ''), /#\{/, 'Ruby runs');
    return quoted(text, /^"((?:\\[^]|[^"\\])*)"$/, (sign) => {
      const known: Record<string, string> = { n: '\n', r: '\r', t: '\t', f: '\f', b: '\b', 0: '\0' };
      assert.ok(known[sign] ?? !/[a-zA-Z0-9]/.test(sign), `unexpected escape ${sign}`);
      return known[sign] ?? sign;
    });
  }
  assert.doesNotMatch(text, /^[[{]/, 'JSON runs Ruby, too');
  assert.doesNotMatch(text, /\s#/, 'a comment');
  return text;
}

function quoted(text: string, whole: RegExp, unescape: (sign: string) => string): string {
  const inside = whole.exec(text)?.[1];
  assert.ok(inside !== undefined, `a quoted text ends too soon or too late: ${text}`);
  return inside.replace(/\\([^])/g, (_all, sign: string) => unescape(sign));
}
