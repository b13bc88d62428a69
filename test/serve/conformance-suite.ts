import { after, before, test, type TestContext } from 'node:test';
import type { Store } from '../../src/serve/store.ts';
import { checkAnswers } from './conformance-answers.ts';
import { checkFluentBit } from './conformance-fluent-bit.ts';
import { checkLogs } from './conformance-logs.ts';
import { checkQueries } from './conformance-queries.ts';
import { checkWrites } from './conformance-writes.ts';
import { serving } from './serving.ts';
import { sidesOf, type Sides } from './sides.ts';

/** A database of its own, empty at first; what is opened again has what it had. */
export interface Database {
  open(): Promise<Store>;
}

/** `retention`: seconds; 0 for ever. */
export type Make = (retention: number) => Database;

export interface Fresh extends Sides {
  stores: readonly Store[];
  /** Ends the servers and their stores, and starts others over the same databases. */
  again(): Promise<Fresh>;
}

export interface Tools {
  t: TestContext;
  /** Servers that all checks share: one that refuses what is wrong, one that leaves it out. */
  strict: Sides;
  lenient: Sides;
  /** Servers of this check alone, over empty databases. */
  fresh(argv?: readonly string[], retention?: number): Promise<Fresh>;
}

export type Check = (title: string, work: (tools: Tools) => Promise<void>) => void;

/**
 * What the lists B, F and C ask of every store, over HTTP; the ids are theirs. Of several stores the answers are compared
 * byte for byte. Stores are closed here.
 */
export function conformanceSuite(name: string, makes: readonly Make[]): void {
  const check: Check = (title, work) =>
    void test(`${name}: ${title}`, (t) => work({ t, strict, lenient, fresh: (...how) => fresh(t, ...how) }));
  const ends: (() => void | Promise<void>)[] = [];
  let strict: Sides;
  let lenient: Sides;

  async function start(t: Pick<TestContext, 'after'>, databases: readonly Database[], argv: readonly string[]) {
    const stores = await Promise.all(databases.map((database) => database.open()));
    const all = await Promise.all(stores.map((store) => serving(t, store, argv)));
    return { stores, ...sidesOf(all.map(({ url }) => url)) };
  }

  async function fresh(t: TestContext, argv: readonly string[] = [], retention = 0): Promise<Fresh> {
    const databases = makes.map((make) => make(retention));
    const begin = async (): Promise<Fresh> => {
      const sides = await start(t, databases, argv);
      const again = async () => {
        await Promise.all(sides.stores.map((store) => store.close()));
        return begin();
      };
      return { ...sides, again };
    };
    return begin();
  }

  before(async () => {
    const holder = { after: (end: () => void) => void ends.push(end) } as unknown as TestContext;
    const databases = () => makes.map((make) => make(0));
    const limits = ['--body-limit=500000', '--entries-limit=1500', '--line-limit=100000', '--query-limit=2000'];
    strict = await start(holder, databases(), limits);
    lenient = await start(holder, databases(), ['--invalid-entries=skip']);
  });
  after(async () => {
    for (const end of ends) await end();
  });

  checkWrites(check);
  checkAnswers(check);
  checkQueries(check);
  checkFluentBit(check);
  checkLogs(check);
}
