import assert from 'node:assert/strict';
import { test } from 'node:test';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as fc from 'fast-check';
import { readExpression } from '../../src/serve/query/expression.ts';

/** A part of the page, which runs in browsers and is no part of this program's types. */
const part = async <T>(name: string) =>
  (await import(pathToFileURL(join(import.meta.dirname, '../../src/serve/page', `${name}.js`)).href)) as T;

interface Filter {
  name: string;
  op: '=' | '!=';
  values: string[];
}
interface State {
  q: string;
  filters: Filter[];
  from: string;
  to: string;
  order: string;
  view: string;
  by: string;
  live: boolean;
  at: string;
  line: string;
}
interface Entry {
  cursor: string;
  log: string;
}

const state = await part<{
  initial: State;
  readState(search: string): State;
  writeState(state: State): string;
  withValue(filters: Filter[], name: string, op: string, value: string): Filter[];
}>('state');
const query = await part<{ selection(state: State, except?: string): URLSearchParams }>('query');
const ansi = await part<{ parseAnsi(text: string): { text: string; styles: string[] }[] }>('ansi');
const json = await part<{ jsonOf(line: string): string | undefined; prettyJson(text: string): { text: string }[] }>(
  'json',
);
const terms = await part<{ markPattern(expression: string): RegExp | undefined }>('terms');
const level = await part<{ levelOfEntry(entry: object): string }>('level');
const time = await part<{
  readTime(typed: string, utc: boolean): string | undefined;
  duration(text: string): number | undefined;
  describeRange(from: string, to: string, utc: boolean): string;
}>('time');
const stretch = await part<{
  createStretch(plan: object): {
    entries: Entry[];
    done: Record<string, boolean>;
    newest: string;
    begin(): Promise<void>;
    extend(end: string): Promise<{ top: number; bottom: number } | undefined>;
    add(entries: Entry[]): { top: number; bottom: number };
  };
}>('stretch');

const word = fc.string({ unit: 'binary', minLength: 1, maxLength: 8 });
const filter = fc.record({
  name: word.filter((name) => !name.includes('=')),
  op: fc.constantFrom<'=' | '!='>('=', '!='),
  values: fc.uniqueArray(word, { minLength: 1, maxLength: 3 }),
});
const states = fc.record({
  q: word,
  filters: fc.uniqueArray(filter, { maxLength: 3, selector: ({ name }) => name }),
  from: fc.constantFrom('1h', '7d', '2026-01-02T03:04:05.678Z'),
  to: fc.constantFrom('now', '2026-01-03T00:00:00.000Z'),
  order: fc.constantFrom('newest', 'oldest'),
  view: fc.constantFrom('', 'lines', 'streams'),
  by: fc.constantFrom('', 'pod'),
  live: fc.boolean(),
  at: fc.constantFrom('', '2026-01-02T03:04:05.678901234Z'),
  line: fc.constantFrom('', '1.2.3'),
});

test('the address holds all of a state, whatever its texts are', () => {
  fc.assert(
    fc.property(states, (one) => {
      // What is no text of Unicode comes back as the sign for it, from any address.
      const whole = JSON.parse(JSON.stringify(one), (_, value: unknown) =>
        typeof value === 'string' ? value.toWellFormed() : value,
      ) as State;
      const address = state.writeState(whole);
      const read = state.readState(address.replace('./', ''));
      const sorted = ({ filters, ...rest }: State) => ({
        ...rest,
        filters: filters.map((filter) => ({ ...filter, values: filter.values.toSorted() })),
      });
      assert.deepEqual(sorted(read), sorted({ ...whole, filters: merged(whole.filters) }));
    }),
  );
});

const merged = (filters: Filter[]) =>
  filters
    .flatMap(({ name, op, values }) => values.map((value) => ({ name, op, value })))
    .reduce<Filter[]>((all, { name, op, value }) => state.withValue(all, name, op, value), []);

test('filters become parameters; several values of a label are one pattern', () => {
  const filters: Filter[] = [
    { name: 'pod', op: '=', values: ['a', 'b'] },
    { name: 'app', op: '=', values: ['x.y', 'z|'] },
    { name: 'host', op: '!=', values: ['n'] },
    { name: 'a=b', op: '=', values: ['never'] },
  ];
  const asked = query.selection({ ...state.initial, filters, q: ' up ' });
  assert.deepEqual(asked.getAll('pod'), ['a', 'b']);
  assert.deepEqual(asked.getAll('match'), [String.raw`app=~x\.y|z\|`, 'host!=n']);
  assert.equal(asked.get('q'), ' up ');
  assert.deepEqual(query.selection({ ...state.initial, filters }, 'pod').getAll('pod'), []);
});

test('colours of terminals become classes, all else that terminals obey is left out', () => {
  assert.deepEqual(
    ansi.parseAnsi('a\u001b[1;31mb\u001b[0mc\u001b]0;title\u0007d\u001b[2Ke\u001b[38;5;46mf\u001b[48;2;1;2;3mg'),
    [
      { text: 'a', styles: [] },
      { text: 'b', styles: ['ansi-bold', 'ansi-red'] },
      { text: 'c', styles: [] },
      { text: 'd', styles: [] },
      { text: 'e', styles: [] },
      { text: 'f', styles: ['ansi-green'] },
      { text: 'g', styles: ['ansi-green'] },
    ],
  );
  const pieces = fc.array(
    fc.constantFrom('\u001b', '[', ']', '31', ';', 'm', '\u0007', 'x', '\u009b', ' ', '38;5;300'),
  );
  fc.assert(
    fc.property(pieces, (parts) => {
      for (const { text, styles } of ansi.parseAnsi(parts.join(''))) {
        assert.ok(!text.includes('\u001b'));
        for (const style of styles) assert.match(style, /^ansi-[a-z]+$/);
      }
    }),
  );
});

test('JSON is laid out without a changed letter', () => {
  assert.equal(
    json
      .prettyJson('{"a":12345678901234567890,"b":[],"c":{"d":[1e3,"\\u0041"]}}')
      .map(({ text }) => text)
      .join(''),
    '{\n  "a": 12345678901234567890,\n  "b": [],\n  "c": {\n    "d": [\n      1e3,\n      "\\u0041"\n    ]\n  }\n}',
  );
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify([value]);
      assert.deepEqual(
        JSON.parse(
          json
            .prettyJson(text)
            .map(({ text }) => text)
            .join(''),
        ),
        JSON.parse(text),
      );
    }),
  );
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  assert.ok(json.prettyJson(deep).reduce((sum, { text }) => sum + text.length, 0) < 1e8);
  assert.equal(json.jsonOf('2026-01-02 {"a":1}'), '{"a":1}');
  for (const line of ['[info] {"a":1', 'no', '{not json}', '{"a":1} and more'])
    assert.equal(json.jsonOf(line), undefined);
});

test('what is searched is marked, what is shut out is not', () => {
  const marks = (expression: string, text: string) => {
    const pattern = terms.markPattern(expression);
    return pattern ? [...text.matchAll(pattern)].map(([found]) => found) : [];
  };
  const text = 'error 503 (a.b) ERROR timeout';
  assert.deepEqual(marks('error', text), ['error']);
  assert.deepEqual(marks('/(?i)error/', text), ['error', 'ERROR']);
  assert.deepEqual(marks('/5\\d\\d/ and "(a.b)"', text), ['503', '(a.b)']);
  assert.deepEqual(marks('not timeout and pod=error and not (error or ERROR)', text), []);
  assert.deepEqual(marks('/(a+)+$/', `${'a'.repeat(100)}!`), []);
  assert.deepEqual(marks('/(/', text), []);
  // What the server takes for a text, the page marks.
  fc.assert(
    fc.property(word, (text) => {
      const quoted = `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
      assert.deepEqual(readExpression(quoted), { kind: 'text', filter: { op: '|=', value: text } });
      assert.deepEqual(marks(quoted, text), [text]);
    }),
  );
});

test('how grave a line is, is told by labels and by its beginning, not by its prose', () => {
  const of = (log: string, labelled = '') => level.levelOfEntry({ log, source: { level: labelled } });
  for (const [log, wanted] of [
    ['{"ts":1,"level":"warn"}', 'warn'],
    ['ts=1 level=ERROR msg=x', 'error'],
    ['[WARNING] disk', 'warn'],
    ['2026-01-02 03:04:05 INFO started', 'info'],
    ['E0102 03:04:05.6 1 a.go:7] b', 'error'],
    ['java.lang.IllegalStateException: x', 'error'],
    ['no error was found, all info is there', ''],
    ['GET /debug 200', ''],
  ] as const)
    assert.equal(of(log), wanted, log);
  assert.equal(of('ERROR x', 'debug'), 'debug');
  for (const name of ['constructor', '__proto__', 'toString']) assert.equal(of('x', name), '');
});

test('times are taken as people write them', () => {
  assert.equal(time.readTime('2026-01-02 03:04', true), '2026-01-02T03:04:00.000Z');
  assert.equal(time.readTime('2026-01-02T03:04:05+02:00', false), '2026-01-02T01:04:05.000Z');
  assert.equal(time.readTime('1767323045', false), '2026-01-02T03:04:05.000Z');
  assert.equal(time.readTime('15m ago', false), '15m');
  assert.equal(time.readTime('2026-13-02', true), undefined);
  assert.equal(time.duration('1h30m'), 5_400_000);
  assert.equal(time.duration('500ms'), 500);
  assert.equal(
    time.describeRange('2026-01-02T03:00:00Z', '2026-01-02T04:00:00Z', true),
    '2026-01-02 03:00:00 – 04:00:00',
  );
});

/** A server of so many lines, of which 0 is the newest, a hundred at once. */
function server(count: number) {
  return (asked: URLSearchParams) => {
    const limit = Number(asked.get('limit'));
    const backward = asked.get('direction') === 'backward';
    const after = asked.get('after');
    const at = asked.get('from') === 'middle' && !backward ? count / 2 : undefined;
    const start = after === null ? (at ?? (backward ? 0 : count - 1)) : Number(after) + (backward ? 1 : -1);
    const all = Array.from({ length: limit }, (_, index) => (backward ? start + index : start - index));
    const entries = all.filter((one) => one >= 0 && one < count).map((one) => ({ cursor: String(one), log: 'x' }));
    const last = Number(entries.at(-1)?.cursor ?? 0);
    const next = (backward ? last < count - 1 : last > 0) ? String(last) : null;
    return Promise.resolve({ entries, next, from: 'a', to: 'b' });
  };
}

test('a stretch of lines has no gap and no double, wherever it began and however it was cut', async () => {
  const plans = fc.record({
    order: fc.constantFrom('newest', 'oldest'),
    live: fc.boolean(),
    at: fc.constantFrom('', 'middle'),
    ends: fc.array(fc.constantFrom('top', 'bottom'), { maxLength: 12 }),
    most: fc.integer({ min: 1000, max: 2500 }),
  });
  await fc.assert(
    fc.asyncProperty(plans, async ({ order, live, at, ends, most }) => {
      const plan = {
        order,
        live,
        at: live ? '' : at,
        most,
        query: new URLSearchParams(),
        search: server(6000),
        read: (one: unknown) => one,
      };
      const lines = stretch.createStretch(plan);
      await lines.begin();
      let length = lines.entries.length;
      for (const end of ends) {
        const change = await lines.extend(end);
        length += (change?.top ?? 0) + (change?.bottom ?? 0);
        assert.equal(lines.entries.length, length);
        assert.ok(length <= most);
      }
      const cursors = lines.entries.map(({ cursor }) => Number(cursor));
      const sign = order === 'newest' ? 1 : -1;
      for (const [index, cursor] of cursors.entries()) assert.equal(cursor, (cursors[0] ?? 0) + sign * index);
      const [newest, oldest] = order === 'newest' ? ['top', 'bottom'] : ['bottom', 'top'];
      assert.equal(lines.done[newest], cursors.includes(0));
      assert.equal(lines.done[oldest], cursors.includes(5999));
    }),
    { numRuns: 60 },
  );
});

test('a server that gives fewer lines at once is asked for as many', async () => {
  const { Refused } = await part<{ Refused: new (status: number, message: string, problems: object[]) => Error }>(
    'api',
  );
  const search = (asked: URLSearchParams) => {
    if (Number(asked.get('limit')) > 50) throw new Refused(400, 'x', [{ parameter: 'limit', help: '1 to 50' }]);
    return server(6000)(asked);
  };
  const plan = {
    order: 'newest',
    live: false,
    at: '',
    query: new URLSearchParams(),
    search,
    read: (one: unknown) => one,
  };
  const lines = stretch.createStretch(plan);
  await lines.begin();
  assert.equal(lines.entries.length, 50);
});

interface Told {
  type: string;
  data: string;
  id: string;
}

test('events are read as they are meant, however the stream was cut and its lines end', async () => {
  const { readEvents } = await part<{ readEvents(take: (event: Told) => void): (piece: string) => void }>('events');
  const text = fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.replaceAll(/[\0\r\n]/g, ' '));
  const sent = fc.record({
    id: text,
    data: fc.array(text, { minLength: 1, maxLength: 3 }),
    type: fc.constantFrom('', 'problem'),
  });
  fc.assert(
    fc.property(
      fc.array(sent, { maxLength: 6 }),
      fc.constantFrom('\n', '\r\n', '\r'),
      fc.array(fc.nat(40), { maxLength: 30 }),
      (events, end, cuts) => {
        const lines = events.flatMap(({ id, data, type }) => [
          ': a comment: of no meaning',
          `id: ${id}`,
          ...(type === '' ? [] : [`event: ${type}`]),
          ...data.map((line) => `data: ${line}`),
          'nothing',
          '',
        ]);
        // A `\r` at the very end may be half of an end.
        const stream = [...lines, ''].join(end) + (end === '\r' ? ':' : '');
        const told: Told[] = [];
        const read = readEvents((event) => told.push(event));
        let at = 0;
        for (const cut of cuts) read(stream.slice(at, (at += cut)));
        read(stream.slice(at));
        assert.deepEqual(
          told,
          events.map(({ id, data, type }) => ({ id, data: data.join('\n'), type: type || 'message' })),
        );
      },
    ),
  );
});

test('a token is taken as it was copied; a name and a password in UTF-8', async () => {
  const { ofToken, ofUser } = await part<{
    ofToken(typed: string): { authorization: string } | undefined;
    ofUser(name: string, password: string): { authorization: string; name: string };
  }>('credentials');
  for (const typed of ['t0ken==', ' t0ken==\n', 'Bearer t0ken==', 'Authorization: bearer  t0ken== '])
    assert.equal(ofToken(typed)?.authorization, 'Bearer t0ken==', typed);
  for (const typed of ['', ' ', 'two words', 'tökén', 'a\u0000b']) assert.equal(ofToken(typed), undefined, typed);
  const { authorization, name } = ofUser('bob', 'p8:w8 – é');
  assert.equal(Buffer.from(authorization.slice('Basic '.length), 'base64').toString(), 'bob:p8:w8 – é');
  assert.equal(name, 'bob');
});

test('the time is the one of the server, as far as it says it', async () => {
  const { heard, now } = await part<{ heard(date: string | null): void; now(): number }>('clock');
  const ahead = () => Math.round((now() - Date.now()) / 10_000) * 10;
  assert.equal(ahead(), 0);
  for (const seconds of [7200, -86_400, 1]) {
    heard(new Date(Date.now() + seconds * 1000).toUTCString());
    assert.equal(ahead(), seconds === 1 ? 0 : seconds);
  }
  heard(new Date(Date.now() + 7_200_000).toUTCString());
  for (const none of [null, '', 'soon']) heard(none);
  assert.equal(ahead(), 7200);
});
