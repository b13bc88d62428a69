/**
 * Runs the end-to-end tests, file by file: `run.ts [--again] [FILE…]`. With `--again` up to three files in which
 * something failed are run a second time, since these tests wait for programs of others on machines of others. What
 * passes then is told, and passes.
 */
import { globSync } from 'node:fs';
import { relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({ options: { again: { type: 'boolean' } }, allowPositionals: true });
const files = positionals.length > 0 ? positionals : globSync(`${import.meta.dirname}/*.test.ts`).toSorted();
const failed = await failing(files);
const twice = values.again && failed.length > 0 && failed.length <= 3 ? await again() : failed;
for (const file of failed)
  console.log(`✖ ${relative('', file)} failed${twice.includes(file) ? '' : ', and passed the second time'}`);
process.exitCode = twice.length > 0 ? 1 : 0;

async function again() {
  // What was begun in time is also ended.
  delete process.env.E2E_LONG_UNTIL;
  return failing(failed);
}

/** The files of which something failed. A test that leaves something open doesn't keep the others waiting. */
async function failing(files: readonly string[]) {
  const failed = new Set<string>();
  const events = run({ files, concurrency: 1, timeout: 900_000, forceExit: true });
  events.on('test:summary', ({ file, success }) => file !== undefined && !success && failed.add(file));
  // A file that ends before its tests do has no summary.
  events.on(
    'test:fail',
    ({ file, nesting, todo }) => file !== undefined && nesting === 0 && todo === undefined && failed.add(file),
  );
  await pipeline(events, spec(), process.stdout, { end: false });
  return [...failed].filter((file) => file.endsWith('.test.ts'));
}
