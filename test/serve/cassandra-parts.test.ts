import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreBusy, StoreNotReady } from '../../src/serve/store.ts';
import { mayPass, meaning, persist } from '../../src/serve/stores/cassandra/faults.ts';
import {
  compare,
  dayOf,
  formatCursor,
  hour,
  hourOf,
  parseCursor,
  partitionOf,
  partitionsOf,
  spans,
  startOf,
} from '../../src/serve/stores/cassandra/place.ts';
import { keyspaceStatement, windowOf } from '../../src/serve/stores/cassandra/schema.ts';
import { cassandraSettings } from '../../src/serve/stores/cassandra/settings.ts';
import { createSpread } from '../../src/serve/stores/cassandra/spread.ts';
import { createTurnstile } from '../../src/serve/stores/cassandra/turnstile.ts';
import { serveSettings } from '../../src/serve/settings.ts';

const least = -(2n ** 63n);
const times = [least, -86_400_000_000_001n, -1n, 0n, 1n, 1_525_349_097_094_408_152n, 2n ** 63n - 1n];

test('a time is in one hour of one day, and in one partition of each span', () => {
  for (const time of times) {
    const begin = startOf(dayOf(time), hourOf(time));
    assert.ok(begin <= time && time < begin + hour, String(time));
    for (const span of spans) {
      assert.deepEqual(partitionsOf(begin, span, time, time), [partitionOf(time, span)]);
      const starts = partitionsOf(begin, span, begin, begin + hour - 1n);
      assert.equal(starts.length, 3600 / span);
      assert.ok(starts.includes(partitionOf(time, span)));
    }
    assert.deepEqual(partitionsOf(begin, 600, begin - 1n, begin - 1n), []);
    assert.deepEqual(partitionsOf(begin, 600, begin + hour, begin + hour), []);
  }
});

test('cursors tell their place; others are refused', () => {
  const place = { time: least, series: 'ab'.repeat(16), written: 5n, hash: '01'.repeat(16), number: 7 };
  assert.deepEqual(parseCursor(formatCursor(place)), place);
  for (const text of ['', '1.2.3', `${formatCursor(place)}.`, formatCursor(place).replace('ab', 'AB')])
    assert.throws(() => parseCursor(text), RangeError);
  const later = [
    { ...place, number: 8 },
    { ...place, hash: '02'.repeat(16) },
    { ...place, written: 6n },
    { ...place, series: 'ac'.repeat(16) },
    { ...place, time: 0n },
  ];
  for (const [index, one] of later.entries())
    for (const before of [place, ...later.slice(0, index)])
      assert.ok(compare(before, one) < 0 && compare(one, before) > 0);
  assert.equal(compare(place, { ...place }), 0);
});

test('B-22: a partition that is full is followed by shorter ones, and a quiet hour by longer ones', () => {
  const spread = createSpread(10_000);
  const spansOf = (at: bigint, bytes: number, count: number) =>
    Array.from({ length: count }, (_, index) => spread.of('a', at + BigInt(index), bytes));
  assert.deepEqual(
    spansOf(0n, 100, 55),
    Array.from({ length: 55 }, () => 3600),
  );
  const next = spansOf(100n, 100, 56);
  assert.deepEqual([next[0], next[55]], [600, 60]);
  assert.deepEqual(spread.of('b', 0n, 100), 3600, 'another series has partitions of its own');
  // 111 rows of 180 bytes in an hour: ten minutes hold less than half of a partition.
  assert.equal(spread.of('a', hour, 100), 600);
  assert.equal(spread.of('a', 2n * hour, 100), 3600);
  for (let index = 0; index < 1000; index += 1) spread.of('a', 2n * hour, 5000);
  assert.equal(spread.of('a', 2n * hour, 5000), 5, 'there is nothing shorter');
});

test('a turnstile lets through what has room, in order, and what is too heavy alone', async () => {
  const turnstile = createTurnstile(3);
  const ends: (() => void)[] = [];
  const begun: string[] = [];
  const go = (name: string, weight: number) =>
    turnstile.pass(() => {
      begun.push(name);
      return new Promise<void>((resolve) => ends.push(resolve));
    }, weight);
  const all = [go('a', 1), go('b', 2), go('c', 9), go('d', 1)];
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  await turn();
  assert.deepEqual(begun, ['a', 'b']);
  ends[0]?.();
  await turn();
  assert.deepEqual(begun, ['a', 'b'], 'who is behind does not pass by');
  ends[1]?.();
  await turn();
  assert.deepEqual(begun, ['a', 'b', 'c']);
  ends[2]?.();
  await turn();
  ends[3]?.();
  await Promise.all(all);
  await assert.rejects(
    turnstile.pass(() => Promise.reject(new Error('no'))),
    /no/,
  );
  assert.equal(await turnstile.pass(() => Promise.resolve(1), 3), 1, 'a failure gives its room back');
});

const driverError = (name: string, more: object = {}) => Object.assign(new Error('said'), { name, ...more });

test('what may pass is told from what does not', async () => {
  const overloaded = driverError('ResponseError', { code: 0x1001 });
  const all = driverError('NoHostAvailableError', { innerErrors: { 'a:1': overloaded, 'b:1': overloaded } });
  const away = driverError('NoHostAvailableError', { innerErrors: { 'a:1': overloaded, 'b:1': new Error('refused') } });
  const syntax = driverError('ResponseError', { code: 0x2000 });
  assert.deepEqual([overloaded, all, away, syntax, new Error('other'), 'x'].map(mayPass), [
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
  assert.ok(meaning(overloaded) instanceof StoreBusy);
  assert.ok(meaning(all) instanceof StoreBusy);
  assert.ok(meaning(away) instanceof StoreNotReady);
  assert.ok(meaning(driverError('ResponseError', { code: 0x1000 })) instanceof StoreNotReady);
  assert.equal(meaning(syntax), syntax);
  let count = 0;
  const work = () => {
    count += 1;
    return count < 3 ? Promise.reject(overloaded) : Promise.resolve('done');
  };
  assert.equal(await persist(work, 60_000), 'done');
  assert.equal(count, 3);
  await assert.rejects(
    persist(() => Promise.reject(overloaded), 1),
    StoreBusy,
  );
});

test('B-15: keyspaces as they were made before, datacenters in order, nothing that breaks out', () => {
  const of = (
    strategy: 'SimpleStrategy' | 'NetworkTopologyStrategy',
    factors: Record<string, number>,
    keyspace = 'k',
  ) => keyspaceStatement({ keyspace, replication: { strategy, factors }, retention: 0 });
  assert.equal(
    of('SimpleStrategy', { cluster: 3 }),
    `CREATE KEYSPACE IF NOT EXISTS "k" WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}`,
  );
  assert.equal(
    of('NetworkTopologyStrategy', { west: 2, "e'ast": 3 }, 'a"b'),
    `CREATE KEYSPACE IF NOT EXISTS "a""b" WITH replication = {'class': 'NetworkTopologyStrategy', 'e''ast': 3, 'west': 2}`,
  );
  assert.deepEqual([0, 3600, 86_400, 30 * 86_400, 365 * 86_400].map(windowOf), [24, 1, 1, 24, 292]);
});

test('B-14: options as settings of the store', () => {
  const settings = (...argv: string[]) =>
    cassandraSettings(serveSettings({ argv: ['--store=cassandra', ...argv], env: {} }));
  assert.deepEqual(settings().consistency, { write: 'LOCAL_QUORUM', read: 'LOCAL_QUORUM' });
  assert.deepEqual(
    [settings().retention, settings('--retention=1h').retention, settings('--retention=1ms').retention],
    [0, 3600, 1],
  );
  assert.ok(settings('--retention=100y').retention < 630_720_000);
  const replication = settings(
    '--cassandra-replication-strategy=NetworkTopologyStrategy',
    '--cassandra-replication-factors={"a":2}',
  );
  assert.deepEqual(replication.replication, { strategy: 'NetworkTopologyStrategy', factors: { a: 2 } });
  assert.equal(settings().tls, undefined);
  assert.deepEqual(settings('--cassandra-tls', '--cassandra-tls-name=db').tls?.name, 'db');
  for (const [argv, problem] of [
    [['--cassandra-user=me'], /--cassandra-password-file` are given together/],
    [['--cassandra-tls-name=db'], /needs `--cassandra-tls`/],
    [['--cassandra-write-consistency=SOME'], /--cassandra-write-consistency/],
  ] as const)
    assert.throws(() => settings(...argv), problem);
});
