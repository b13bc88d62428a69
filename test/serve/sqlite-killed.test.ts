import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { openSqlite } from '../../src/serve/stores/sqlite.ts';
import { all, logs } from './store-suite.ts';

const rounds = Number(process.env['ROUNDS'] ?? 8);
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const program = join(import.meta.dirname, 'sqlite-writer.ts');

test(`${rounds} times killed while it writes (SEED=${seed}): what was acknowledged is there, nothing twice`, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'serve-killed-'));
  const acknowledged = new Set<string>();
  try {
    for (let round = 0; round < rounds; round += 1) {
      const child = spawn(process.execPath, [program, directory, String(round)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exit = once(child, 'exit');
      const enough = 1 + ((seed * 31 + round * 7919) % 400);
      let count = 0;
      for await (const line of createInterface({ input: child.stdout })) {
        // The last one may be torn.
        if (/^\d+-\d+-\d+-\d+$/.test(line)) acknowledged.add(line);
        count += 1;
        if (count === enough) child.kill('SIGKILL');
      }
      await exit;
      assert.equal(child.signalCode, 'SIGKILL');
      if (round % 10 === 9 || round === rounds - 1) await compare();
    }
  } finally {
    rmSync(directory, { recursive: true });
  }

  async function compare(): Promise<void> {
    const store = await openSqlite({ directory, queue: 1 });
    const found = await logs(store, all);
    await store.close();
    const there = new Set(found);
    assert.equal(there.size, found.length, 'nothing is there twice');
    const lost = [...acknowledged].filter((line) => !there.has(line));
    assert.deepEqual(lost, []);
  }
});
