// The programs of manifests/vector/vector.yaml, run by the interpreter of Vector's own language (`cargo install vrl`). Only
// the look into the table is replaced, since that is Vector's.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { parse } from 'yaml';
import { installed } from './support/shipper.ts';

const interpreter = process.env['E2E_VRL'] ?? 'vrl';
const lookup = 'get_enrichment_table_record("containers", { "file": .file })';
const manifest = join(import.meta.dirname, '../../manifests/vector/vector.yaml');

/** What a transform of the configuration makes of events, the row of the table in the place of `file`. */
async function transform(t: TestContext, name: string, events: readonly object[]): Promise<unknown[] | undefined> {
  if (!installed(t, interpreter, ['--help'], 'cargo install vrl, or name it by E2E_VRL')) return undefined;
  const { transforms } = parse(await readFile(manifest, 'utf8')) as { transforms: Record<string, { source: string }> };
  const directory = await mkdtemp(join(tmpdir(), 'vrl-'));
  t.after(() => rm(directory, { recursive: true }));
  const [input, program] = [join(directory, 'events'), join(directory, 'program')];
  await writeFile(input, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  const source = transforms[name]?.source ?? '';
  await writeFile(program, `${source.replace(lookup, 'parse_json(string(.file) ?? "")')}\nencode_json(.)\n`);
  const { stdout, stderr, status } = spawnSync(interpreter, ['-i', input, '-p', program], { encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
  // Each result is a text as the language writes it: JSON in JSON.
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(JSON.parse(line) as string) as unknown);
}

test('lines of the CRI are taken apart, and what is none stays as it is', async (t) => {
  const made = await transform(t, 'cri_lines', [
    { message: '2026-01-02T03:04:05.6+02:00 stderr P  a "b" ' },
    { message: 'broken' },
  ]);
  if (!made) return;
  const timestamp = '2026-01-02T01:04:05.600Z';
  assert.deepEqual(made, [
    { message: ' a "b" ', part: 'P', stream: 'stderr', timestamp },
    { message: 'broken', part: 'F' },
  ]);
});

test("lines of Docker's are taken apart; one without its end is a part", async (t) => {
  const line = (log: string) => ({
    message: JSON.stringify({ log, stream: 'stdout', time: '2026-01-02T03:04:05.6Z' }),
  });
  const made = await transform(t, 'docker_lines', [line('a\n'), line('part'), { message: 'broken' }]);
  if (!made) return;
  const same = { stream: 'stdout', timestamp: '2026-01-02T03:04:05.600Z' };
  assert.deepEqual(made, [
    { message: 'a', part: 'F', ...same },
    { message: 'part', part: 'P', ...same },
    { message: 'broken', part: 'F' },
  ]);
});

test('attributes come from the table; a line that it does not know goes on', async (t) => {
  const attributes = { application: '${HOME} {{x}} "', k8s: 'x' };
  const row = (parser: string, tenant: string) =>
    JSON.stringify({ attributes: JSON.stringify(attributes), parser, tenant });
  const event = (file: string) => ({ message: '{"level":"info"}', part: 'F', file });
  const files = [row('json', 'payments'), row('', ''), 'none'];
  const made = await transform(t, 'containers', files.map(event));
  if (!made) return;
  const message = '{"level":"info"}';
  assert.deepEqual(made, [
    { file: files[0], message, json: { level: 'info' }, k8s: { ...attributes, parser: 'json', tenant: 'payments' } },
    { file: files[1], message, k8s: attributes },
    { file: files[2], message, k8s: { unknown: true } },
  ]);
});
