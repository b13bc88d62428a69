import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { end, launch, until, watching } from '../support/program.ts';
import { temporaryDirectory } from '../support/tree.ts';

const load = join(import.meta.dirname, '../../bench/load.ts');

async function serve(t: TestContext): Promise<string> {
  const data = join(await temporaryDirectory(t), 'data');
  const child = launch(['serve', '--data-path', data, '--port', '0', '--bind-address', '127.0.0.1'], {
    PATH: process.env['PATH'],
  });
  const program = watching(child);
  t.after(() => program.stop());
  await until('serve', async () => (await fetch(`${program.url}/readyz`)).ok);
  return program.url;
}

for (const distribution of ['uniform', 'linear'])
  test(`C-14: what ${distribution} streams send is all stored`, async (t) => {
    const flags = [
      '--streams',
      '20',
      '--avg-events-per-second',
      '50',
      '--seconds',
      '1',
      '--distribution',
      distribution,
    ];
    const child = spawn(process.execPath, [load, '--url', await serve(t), ...flags], {
      env: { PATH: process.env['PATH'] },
    });
    const { code, stdout, stderr } = await end(child);
    const [, sent, stored] = /^(\d+) events sent by 20 streams, (\d+) stored\n$/.exec(stdout) ?? [];
    assert.deepEqual([code, stderr, stored], [0, '', sent]);
    assert.ok(Math.abs(Number(sent) - 1000) <= 20, `${sent} events`);
  });
