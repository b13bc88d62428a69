import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Count, Entry, Found, Matcher, Search, Series, Store, TextFilter } from '../../src/serve/store.ts';

export const base = 1_525_349_097_094_408_152n;
const second = 1_000_000_000n;
const hour = 3600n * second;

export function entry(log: string, more: Partial<Entry> = {}): Entry {
  const names = { namespace: 'default', pod: 'web-0', container: 'web' };
  const rest = { stream: 'stdout', podId: 'p', dockerId: 'd', host: 'n', labels: {}, metadata: {} };
  return { ...names, time: base, log, ...rest, ...more };
}

export const all: Search = { from: -(2n ** 63n), to: 2n ** 63n - 1n, series: [], text: [], direction: 'forward' };
/** Far fewer hours than `all`, for stores that look at each of them. */
export const near: Search = { ...all, from: base - 48n * hour, to: base + 48n * hour };
export const never = new AbortController().signal;

export async function find(store: Store, search: Partial<Search> = {}, most = Infinity): Promise<Found[]> {
  const found: Found[] = [];
  if (most === 0) return found;
  for await (const one of store.search({ ...near, ...search }, never)) if (found.push(one) >= most) break;
  return found;
}

export const logs = async (store: Store, search: Partial<Search> = {}): Promise<string[]> =>
  (await find(store, search)).map(({ log }) => log);

const matching = (name: string, op: Matcher['op'], value: string) => ({ series: [{ name, op, value }] });
const saying = (op: TextFilter['op'], value: string) => ({ text: [{ op, value }] });
const at = (step: bigint | number): Partial<Entry> => ({ time: base + BigInt(step) });

/** Counts by what they are of, as they have no order. */
function told(counts: readonly Count[]): Record<string, [count: number, bytes: number]> {
  const pairs = counts.map(({ start, by, count, bytes }) => {
    const names = Object.entries(by).map(([name, value]) => `${name}=${value}`);
    return [[start, ...names.toSorted()].join(' '), [count, bytes]] as const;
  });
  assert.equal(new Set(pairs.map(([name]) => name)).size, pairs.length, 'each is told once');
  return Object.fromEntries(pairs.map(([name, [count, bytes]]) => [name, [count, bytes]]));
}

const inOrder = (series: readonly Series[]) =>
  series.map((one) => JSON.stringify(Object.entries(one).toSorted(([a], [b]) => (a < b ? -1 : 1)))).toSorted();

/** Each entry once, whatever the order of series at one time. */
const cursors = (found: readonly Found[]) => found.map(({ cursor }) => cursor);

/** What every store has to do; `open` gives an empty one, and is free to take its time. */
export function storeSuite(name: string, open: () => Store | Promise<Store>): void {
  const check = (title: string, work: (store: Store) => Promise<void>) =>
    void test(`${name}: ${title}`, async () => {
      const store = await open();
      try {
        await work(store);
      } finally {
        await store.close();
      }
    });

  check('an entry comes back whole, with its nanoseconds', async (store) => {
    const labels = {
      app: 'shop',
      'app.kubernetes.io/name': 'web',
      pod: 'not the name',
      __proto__x: '',
      ['__proto__']: 'p',
    };
    const given = entry('hello', { labels, metadata: { trace_id: '4bf9', ['__proto__']: 'm' } });
    await store.write([given, entry('plain', at(1))]);
    const [first, second] = await find(store);
    const { cursor, ...rest } = first as Found;
    const { __proto__x: _, ...kept } = labels;
    assert.deepEqual(rest, { ...given, labels: kept });
    assert.match(cursor, /^[\w.~-]+$/);
    assert.deepEqual([second?.labels, second?.metadata], [{}, {}]);
  });

  check('B-17: 2,500 lines of one instant come back in order, both ways, over several pages', async (store) => {
    const lines = Array.from({ length: 2500 }, (_, index) => `line ${index}`);
    await store.write(lines.slice(0, 1200).map((line) => entry(line)));
    await store.write(lines.slice(1200).map((line) => entry(line)));
    assert.deepEqual(await logs(store), lines);
    assert.deepEqual(await logs(store, { direction: 'backward' }), lines.toReversed());
  });

  check('B-18: a batch that is sent again is stored once, its equal lines are all kept', async (store) => {
    const batch = [entry('a'), entry('a'), entry('b', at(1)), entry('a', { ...at(2), stream: 'stderr' })];
    await store.write(batch);
    await store.write(batch);
    assert.deepEqual(await logs(store), ['a', 'a', 'b', 'a']);
    await store.write([...batch, entry('a')]);
    assert.equal((await logs(store)).length, 5);
  });

  check('equal lines of a batch are all kept, whatever stands between them', async (store) => {
    const batch = [
      entry('a'),
      entry('x', at(1)),
      entry('a'),
      entry('y', at(-1)),
      entry('a', at(1)),
      entry('y', at(-1)),
    ];
    for (const _ of [1, 2]) {
      await store.write(batch);
      assert.deepEqual((await logs(store)).toSorted(), ['a', 'a', 'a', 'x', 'y', 'y']);
    }
  });

  check('what differs in series, time or text is another entry; labels have no order', async (store) => {
    const labels = { a: '1', b: '2' };
    await store.write([entry('a', { labels })]);
    await store.write([entry('a', { labels: { b: '2', a: '1' } }), entry('a', { labels: { b: '2', a: '1', c: '' } })]);
    assert.equal((await logs(store)).length, 1 + 1);
    await store.write([entry('a', { labels: { a: '1' } }), entry('a', { labels, host: 'm' })]);
    await store.write([entry('a', { labels, ...at(1) }), entry('b', { labels }), entry('a', { labels, podId: 'q' })]);
    assert.equal((await logs(store)).length, 7);
  });

  check('two copies of a batch that are sent at once are stored once', async (store) => {
    const batch = [entry('a'), entry('b'), entry('b')];
    await Promise.all([store.write(batch), store.write(batch), store.write(batch)]);
    assert.deepEqual(await logs(store), ['a', 'b', 'b']);
  });

  check('nothing is written by a batch of nothing', async (store) => {
    await store.write([]);
    assert.deepEqual(await logs(store), []);
    assert.deepEqual(await store.series(near, never), []);
    assert.deepEqual(await store.count(near, [], undefined, never), []);
    const { entries, oldest, newest } = await store.extent(never);
    assert.deepEqual([entries, oldest, newest], [0, undefined, undefined]);
  });

  check('B-09: both ends belong to a selection, and nanoseconds count', async (store) => {
    await store.write([-1, 0, 1, 2].map((step) => entry(String(step), at(step))));
    for (const direction of ['forward', 'backward'] as const) {
      const found = await logs(store, { from: base, to: base + 1n, direction });
      assert.deepEqual(found.toSorted(), ['0', '1']);
    }
    assert.deepEqual(await logs(store, { from: base, to: base - 1n }), []);
    assert.deepEqual(told(await store.count({ ...near, from: base, to: base + 1n }, [], undefined, never)), {
      [String(base)]: [2, 2],
    });
  });

  check('series are merged by time, over the ends of hours and days', async (store) => {
    const steps = Array.from({ length: 200 }, (_, index) => BigInt(index) * 1111n * second);
    const batch = steps.map((step, index) => entry(String(index), { ...at(step), pod: `web-${index % 3}` }));
    for (let part = 0; part < 4; part += 1) await store.write(batch.filter((_, index) => (index * 7) % 4 === part));
    const range = { from: base, to: base + 200n * 1111n * second };
    const lines = steps.map((_, index) => String(index));
    assert.deepEqual(await logs(store, range), lines);
    assert.deepEqual(await logs(store, { ...range, direction: 'backward' }), lines.toReversed());
    assert.deepEqual(
      await logs(store, { ...range, ...matching('pod', '=', 'web-1') }),
      lines.filter((_, index) => index % 3 === 1),
    );
  });

  check('a walk by cursors gives each entry once, in either direction, whatever the pages', async (store) => {
    const batch = Array.from({ length: 60 }, (_, index) =>
      entry(`${index}`, { ...at(Math.floor(index / 6)), pod: `web-${index % 4}` }),
    );
    await store.write(batch);
    for (const direction of ['forward', 'backward'] as const) {
      const whole = cursors(await find(store, { direction }));
      assert.equal(new Set(whole).size, batch.length);
      for (const most of [1, 7, 59]) {
        const walked: string[] = [];
        for (;;) {
          const after = walked.at(-1);
          const found = await find(store, { direction, ...(after !== undefined && { after }) }, most);
          if (found.length === 0) break;
          walked.push(...cursors(found));
        }
        assert.deepEqual(walked, whole);
      }
    }
    assert.deepEqual(
      cursors(await find(store, { direction: 'backward' })),
      cursors(await find(store)).toReversed(),
      'there is one order',
    );
  });

  check('cursors stay while entries come in before and behind them', async (store) => {
    await store.write([0, 10, 20, 30].map((step) => entry(`old ${step}`, at(step))));
    const before = await find(store);
    const walked = before.slice(0, 2).map(({ log }) => log);
    let after = before[1]?.cursor ?? '';
    for (let round = 1; round <= 3; round += 1) {
      await store.write([5, 10, 15, 25, 30].map((step) => entry(`new ${round} ${step}`, at(step))));
      const [next] = await find(store, { after }, 1);
      walked.push(next?.log ?? '');
      after = next?.cursor ?? '';
    }
    assert.deepEqual(walked, ['old 0', 'old 10', 'new 1 10', 'new 2 10', 'new 3 10']);
    const cursorOf = new Map((await find(store)).map(({ log, cursor }) => [log, cursor]));
    for (const { log, cursor } of before) assert.equal(cursorOf.get(log), cursor);
  });

  check('a search under way goes on while others write', async (store) => {
    const lines = Array.from({ length: 3000 }, (_, index) => entry(`${index}`, at(index)));
    await store.write(lines);
    const found: string[] = [];
    for await (const { log } of store.search(near, never)) {
      if (found.push(log) % 1000 === 1) await store.write([entry(`late ${found.length}`, at(-found.length))]);
    }
    assert.deepEqual(
      found,
      lines.map(({ log }) => log),
    );
  });

  check('a selection outside of a cursor, and a cursor outside of a selection', async (store) => {
    await store.write([0, 10, 20].map((step) => entry(String(step), at(step))));
    const [first, , last] = cursors(await find(store));
    assert.deepEqual(await logs(store, { after: last ?? '', to: base + 10n }), []);
    assert.deepEqual(await logs(store, { after: first ?? '', from: base + 15n }), ['20']);
    assert.deepEqual(await logs(store, { after: first ?? '', direction: 'backward' }), []);
    assert.deepEqual(await logs(store, { after: last ?? '', direction: 'backward', to: base + 5n }), ['0']);
    await assert.rejects(logs(store, { after: '; DROP TABLE entries' }), RangeError);
  });

  check('conditions on series: each field, labels, what is missing, what is empty', async (store) => {
    const labels = { app: 'shop', tier: 'a.b', namespace: 'shadowed' };
    await store.write([
      entry('a', { labels }),
      entry('b', { ...at(1), labels: { app: 'shop', tier: 'axb' }, stream: 'stderr', podId: 'q' }),
      entry('c', { ...at(2), labels: { app: '' }, container: 'side', host: 'm' }),
      entry('d', { ...at(3), namespace: '', pod: '', container: '', stream: '', host: '', podId: '', dockerId: '' }),
    ]);
    const expectations: [string, Matcher['op'], string, string][] = [
      ['namespace', '=', 'default', 'abc'],
      ['namespace', '=', 'shadowed', ''],
      ['namespace', '=', '', 'd'],
      ['pod', '!=', 'web-0', 'd'],
      ['pod', '!=', '', 'abc'],
      ['container', '=', 'side', 'c'],
      ['stream', '=~', 'std.*', 'abc'],
      ['stream', '=~', 'std', ''],
      ['stream', '!~', 'err|.*out', 'bd'],
      ['host', '=~', 'm|', 'cd'],
      ['pod_id', '=', 'q', 'b'],
      ['docker_id', '=', 'd', 'abc'],
      ['dockerId', '=', 'd', ''],
      ['app', '=', 'shop', 'ab'],
      ['app', '=', '', 'cd'],
      ['app', '!=', 'shop', 'cd'],
      ['app', '=~', '', 'cd'],
      ['app', '=~', '.+', 'ab'],
      ['app', '!~', '.+', 'cd'],
      ['tier', '=', 'a.b', 'a'],
      ['tier', '=~', 'a.b', 'ab'],
      ['tier', '=~', '^a\\.b$', 'a'],
      ['nothing', '=', '', 'abcd'],
      ['toString', '=', '', 'abcd'],
      ['__proto__', '!=', '', ''],
    ];
    for (const [name, op, value, expected] of expectations) {
      const found = await logs(store, matching(name, op, value));
      assert.equal(found.join(''), expected, `${name}${op}${value}`);
    }
    const both = [...matching('app', '=', 'shop').series, ...matching('stream', '=', 'stderr').series];
    assert.deepEqual(await logs(store, { series: both }), ['b']);
  });

  check('conditions on the text: letters count as they are', async (store) => {
    const texts = ['GET /a?b=1', 'get /a', 'POST 100%_', 'two\nlines', ''];
    await store.write(texts.map((text, index) => entry(text, at(index))));
    const expectations: [TextFilter['op'], string, number[]][] = [
      ['|=', 'GET', [0]],
      ['|=', '%_', [2]],
      ['|=', '?b', [0]],
      ['|=', '', [0, 1, 2, 3, 4]],
      ['!=', '/a', [2, 3, 4]],
      ['|~', 'GET|POST', [0, 2]],
      ['|~', '^two', [3]],
      ['|~', '^lines$', []],
      ['|~', '^$', [4]],
      ['!~', '[a-z]', [2, 4]],
    ];
    for (const [op, value, expected] of expectations) {
      const found = await logs(store, saying(op, value));
      assert.deepEqual(found, expected.map((index) => texts[index]), `${op} ${value}`); // prettier-ignore
      const count = await store.count({ ...near, ...saying(op, value) }, [], undefined, never);
      assert.equal(count[0]?.count ?? 0, expected.length, `${op} ${value}`);
    }
    const text = [...saying('|=', '/a').text, ...saying('!~', '^GET').text];
    assert.deepEqual(await logs(store, { text }), ['get /a']);
  });

  check('a pattern that would go back and forth for ever ends', async (store) => {
    await store.write([entry(`${'a'.repeat(100_000)}!`, { labels: { l: 'a'.repeat(200) } })]);
    assert.deepEqual(await logs(store, saying('|~', '(a+)+$')), []);
    assert.deepEqual(await logs(store, matching('l', '=~', '(a|aa)+!')), []);
    await assert.rejects(logs(store, saying('|~', '(')));
    await assert.rejects(store.count({ ...near, ...matching('l', '=~', '[') }, [], undefined, never));
    await assert.rejects(store.series({ ...near, ...matching('l', '=~', '[') }, never));
  });

  check('counts in all, by names, by steps, by both', async (store) => {
    const minute = 60n * second;
    const start = (base / hour) * hour;
    const rows: [bigint, string, string][] = [
      [0n, 'a', 'one'],
      [1n, 'a', 'ä'],
      [59n, 'b', 'two'],
      [60n, 'b', '–'],
      [3600n, '', 'next hour'],
      [7300n, 'a', 'later'],
    ];
    await store.write(
      rows.map(([seconds, app, log]) => entry(log, { time: start + seconds * second, labels: { app } })),
    );
    const count = async (by: readonly string[], step?: bigint, more: Partial<Search> = {}) =>
      told(await store.count({ ...near, from: start, to: start + 7200n * second, ...more }, by, step, never));
    assert.deepEqual(await count([]), { [String(start)]: [5, 20] });
    assert.deepEqual(await count(['app', 'container']), {
      [`${start} app=a container=web`]: [2, 5],
      [`${start} app=b container=web`]: [2, 6],
      [`${start} app= container=web`]: [1, 9],
    });
    assert.deepEqual(await count([], minute), {
      [String(start)]: [3, 8],
      [String(start + minute)]: [1, 3],
      [String(start + hour)]: [1, 9],
    });
    assert.deepEqual(await count(['app'], hour), {
      [`${start} app=a`]: [2, 5],
      [`${start} app=b`]: [2, 6],
      [`${start + hour} app=`]: [1, 9],
    });
    assert.deepEqual(await count(['nothing'], undefined, saying('|=', 'o')), { [`${start} nothing=`]: [3, 15] });
    const day = 24n * hour;
    assert.deepEqual(await count([], day, matching('app', '=', 'b')), { [String((base / day) * day)]: [2, 6] });
    const odd = 7n * second;
    const steps = Object.keys(await count([], odd));
    assert.ok(steps.every((step) => BigInt(step) % odd === 0n));
    assert.equal(steps.length, 4);
  });

  check('the series of a time, without what is empty, each once', async (store) => {
    await store.write([
      entry('a', { labels: { app: 'shop', pod: 'shadowed' } }),
      entry('b', { labels: { app: 'shop', pod: 'shadowed' }, ...at(1) }),
      entry('c', { labels: { app: '' }, stream: '', podId: '', dockerId: '', host: '' }),
      entry('d', { pod: 'web-1', time: base - 100n * hour }),
    ]);
    const whole = { namespace: 'default', pod: 'web-0', container: 'web' };
    const first = { ...whole, app: 'shop', stream: 'stdout', pod_id: 'p', docker_id: 'd', host: 'n' };
    assert.deepEqual(inOrder(await store.series(near, never)), inOrder([first, whole]));
    assert.deepEqual(
      inOrder(await store.series({ ...near, ...matching('app', '=', 'shop') }, never)),
      inOrder([first]),
    );
    const { series } = matching('pod', '=', 'web-1');
    assert.equal((await store.series({ ...near, series, from: base - 101n * hour }, never)).length, 1);
    assert.deepEqual(await store.series({ ...near, series }, never), []);
  });

  check('C-08: any text comes back as it was sent, a half of a pair as a replacement sign', async (store) => {
    const texts = [
      '–“',
      '',
      'a\0b',
      '\0',
      'two\nlines',
      'cr\r\n',
      '\u0093',
      '\u00ff',
      '😀',
      '\ufeffbom',
      '\uffff',
      '\u2028',
    ];
    const long = 'long – '.repeat(150_000);
    const batch = [...texts, long, 'half \ud83d'].map((text) => entry(text));
    await store.write(batch);
    await store.write(batch);
    assert.deepEqual(await logs(store), [...texts, long, 'half \ufffd']);
    for (const text of texts) assert.ok((await logs(store, saying('|=', text))).includes(text), JSON.stringify(text));
    const hostile = `'"\\;--\0\n–😀`;
    const names = { namespace: hostile, pod: hostile, container: hostile, stream: hostile, host: hostile };
    const words = { [hostile]: hostile };
    await store.write([
      entry('named', { ...names, podId: hostile, dockerId: hostile, labels: words, metadata: words }),
    ]);
    const [found] = await find(store, matching(hostile, '=', hostile));
    assert.deepEqual([found?.pod, found?.dockerId, found?.labels, found?.metadata], [hostile, hostile, words, words]);
  });

  check('times before 1970 and at the ends', async (store) => {
    const times = [-(2n ** 63n), -hour - 1n, -hour, -1n, 0n, 1n, 2n ** 63n - 1n];
    for (const time of times.toReversed()) await store.write([entry(String(time), { time })]);
    await store.write(times.map((time) => entry(String(time), { time })));
    assert.deepEqual(
      (await find(store, { from: -2n * hour, to: hour })).map(({ time }) => time),
      times.slice(1, -1),
    );
    for (const time of times) {
      assert.deepEqual(await logs(store, { from: time, to: time }), [String(time)]);
      const step = 60n * second;
      const [one] = await store.count({ ...all, from: time, to: time }, [], step, never);
      assert.equal(one?.start, time - (((time % step) + step) % step));
    }
    const { oldest, newest, entries } = await store.extent(never);
    assert.deepEqual([oldest, newest, entries], [times[0], times.at(-1), times.length]);
    await assert.rejects(store.write([entry('too late', { time: 2n ** 63n })]), RangeError);
  });

  check('tells what there is', async (store) => {
    await store.write([entry('a'), entry('b', at(-5)), entry('c', { ...at(7), pod: 'x' })]);
    await store.write([entry('a')]);
    const { bytes, ...rest } = await store.extent(never);
    assert.deepEqual(rest, { entries: 3, oldest: base - 5n, newest: base + 7n });
    assert.ok(bytes === undefined || bytes > 0);
  });

  check('a read that is aborted throws the reason, before and while it reads', async (store) => {
    await store.write(Array.from({ length: 5000 }, (_, index) => entry(`line ${index}`, at(index))));
    const reason = new Error('no one waits any more');
    const gone = AbortSignal.abort(reason);
    const all = async (signal: AbortSignal, each = () => {}) => {
      for await (const _ of store.search(near, signal)) each();
    };
    await assert.rejects(all(gone), reason);
    await assert.rejects(store.count(near, [], 1n, gone), reason);
    await assert.rejects(store.series(near, gone), reason);
    await assert.rejects(store.extent(gone), reason);
    const during = new AbortController();
    let seen = 0;
    await assert.rejects(
      all(during.signal, () => ++seen === 10 && during.abort(reason)),
      reason,
    );
    const counting = new AbortController();
    const count = store.count({ ...near, ...saying('|~', 'x') }, [], 1n, counting.signal);
    counting.abort(reason);
    await assert.rejects(count, reason);
    assert.equal((await find(store)).length, 5000);
  });

  check('a closed store fails, and never seems empty', async (store) => {
    const closed = await open();
    const last = closed.write([entry('waits')]);
    await closed.close();
    await last;
    await assert.rejects(logs(closed));
    await assert.rejects(closed.count(near, [], undefined, never));
    await assert.rejects(closed.series(near, never));
    await assert.rejects(closed.extent(never));
    await assert.rejects(closed.check());
    await assert.rejects(closed.write([entry('a')]));
    await store.check();
  });
}
