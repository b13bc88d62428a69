import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { openSqlite } from '../../src/serve/stores/sqlite.ts';
import { until } from '../support/program.ts';
import { serving } from './serving.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/serve.md'), 'utf8');
const directory = mkdtempSync(join(tmpdir(), 'serve-docs-'));
after(() => rmSync(directory, { recursive: true }));

/** The commands of the tour, each with the lines that it prints. */
function tour(): { command: string; printed: string }[] {
  const [, , block = ''] = /## Sixty seconds\n(.*?)\n## /s.exec(page)?.[1]?.split('```sh\n') ?? [];
  const parts = block.slice(0, block.indexOf('\n```')).split('\n\n');
  return parts.map((part) => {
    const lines = part.split('\n');
    const printed = lines.filter((line) => line.startsWith('# ')).map((line) => line.slice(2));
    return { command: lines.filter((line) => !line.startsWith('# ')).join('\n'), printed: printed.join('\n') };
  });
}

test('the tour of the page: each command prints what the page says', async (t) => {
  const { url } = await serving(t, await openSqlite({ directory, queue: 1000 }));
  await until('the store to answer in time', async () => (await fetch(`${url}/readyz`)).ok);
  const commands = tour();
  assert.ok(commands.length >= 6);
  for (const { command, printed } of commands) {
    try {
      const script = command.replaceAll('localhost:8080', url.replace('http://', ''));
      const { stdout } = await promisify(execFile)('sh', ['-c', script]);
      assert.equal(stdout.trimEnd(), printed, command);
    } catch (error) {
      if ((error as { code?: unknown }).code === 127) return t.skip('there is no curl');
      throw error;
    }
  }
});
