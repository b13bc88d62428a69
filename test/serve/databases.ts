import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { openSqlite } from '../../src/serve/stores/sqlite.ts';
import type { Make } from './conformance-suite.ts';

/** SQLite databases below this directory. */
export const sqliteIn =
  (root: string): Make =>
  (retention) => {
    const directory = mkdtempSync(join(root, 'db-'));
    const limits = retention === 0 ? {} : { retention: retention * 1000 };
    return { open: () => openSqlite({ directory, queue: 100_000, ...limits }) };
  };
