import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openCassandra } from '../../src/serve/stores/cassandra.ts';
import { silent } from '../../src/system/log.ts';
import { entry, find } from '../serve/store-suite.ts';
import { missing, startCluster } from './support/cassandra.ts';
import { until } from './support/until.ts';

const patience = 300;

test(
  'three nodes, one killed while it is written: all goes on, and nothing acknowledged is lost',
  { skip: missing ?? false },
  async (t) => {
    const { port, nodes, remove } = await startCluster(3);
    t.after(remove);
    const store = openCassandra(
      {
        hosts: nodes.map(({ host }) => host),
        port,
        keyspace: 'logs',
        replication: { strategy: 'SimpleStrategy', factors: { cluster: 3 } },
        retention: 0,
        consistency: { write: 'LOCAL_QUORUM', read: 'LOCAL_QUORUM' },
        writeConcurrency: 8,
        writeBuffer: 1024,
        queue: 100_000,
      },
      silent,
    );
    t.after(() => store.close());
    const acknowledged: string[] = [];
    const failed: string[] = [];
    const batch = (name: string, number: number) =>
      Array.from({ length: 5 }, (_, index) =>
        entry(`${name} ${number} ${index}`, { pod: name, time: entry('').time + BigInt(number * 5 + index) }),
      );
    const write = async (name: string, number: number) => {
      const entries = batch(name, number);
      try {
        await store.write(entries);
        acknowledged.push(...entries.map(({ log }) => log));
      } catch (error) {
        failed.push(String(error));
      }
    };
    await until('the first write', () => write('first', 0).then(() => acknowledged.length > 0), patience);
    failed.length = 0;
    const writing = new AbortController();
    const writers = Promise.all(
      ['a', 'b', 'c', 'd'].map(async (name) => {
        for (let number = 0; !writing.signal.aborted; number += 1) {
          await write(name, number);
          // What is written is read again as a whole, three times.
          await sleep(5);
        }
      }),
    );
    const further = async (count: number) => {
      const goal = acknowledged.length + count;
      await until('writes to go on', () => Promise.resolve(acknowledged.length >= goal), patience);
    };
    const lost = async () => {
      const known = [...acknowledged];
      const found = (await find(store)).map(({ log }) => log);
      assert.equal(new Set(found).size, found.length, 'each is there once');
      const there = new Set(found);
      return known.filter((log) => !there.has(log));
    };
    await further(500);
    await nodes[1]?.stop('SIGKILL');
    await further(1000);
    assert.deepEqual(await lost(), []);
    await nodes[1]?.start();
    await further(500);
    writing.abort();
    await writers;
    assert.deepEqual(await lost(), []);
    await nodes[2]?.stop('SIGKILL');
    assert.deepEqual(await lost(), []);
    t.diagnostic(
      `${acknowledged.length} acknowledged, ${failed.length} writes failed: ${[...new Set(failed)].join('; ')}`,
    );
  },
);
