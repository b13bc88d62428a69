import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

/** Ids of the lists, by where a test has them in its name. */
function named(file: string): string[] {
  const names = readFileSync(join(root, file), 'utf8').matchAll(/\b(?:test|check)\(\s*(['"`])(.*?)\1/g);
  return [...names].flatMap(([, , name = '']) => name.match(/\b[BFC]-\d\d\b/g) ?? []);
}

const list = (letter: string, last: number) =>
  Array.from({ length: last }, (_, index) => `${letter}-${String(index + 1).padStart(2, '0')}`);

/** What is about the program, its options and its surroundings, or about what a collector or a page does. */
const elsewhere = ['B-13', 'B-14', 'B-15', 'B-21', 'B-24', 'C-01', 'C-02', 'C-05', 'C-07', 'C-09', 'C-11', 'C-13'];

const all = [...list('B', 25), ...list('F', 7), ...list('C', 14)];

test('each id of the lists is in the name of a test', () => {
  const found = new Set(files.flatMap(named));
  assert.deepEqual(
    all.filter((id) => !found.has(id)),
    [],
  );
  assert.deepEqual(
    [...found].filter((id) => !all.includes(id)),
    [],
  );
});

test('what stores answer is asked of SQLite and of Cassandra, the same', () => {
  const suite = files.filter((file) => /^serve\/conformance-(?!ids)[a-z-]+\.ts$/.test(file));
  const found = new Set(suite.flatMap(named));
  assert.deepEqual(
    all.filter((id) => !elsewhere.includes(id) && !found.has(id)),
    [],
  );
  const real = readFileSync(join(root, 'e2e/cassandra.test.ts'), 'utf8');
  assert.match(real, /conformanceSuite\('SQLite and Cassandra', \[\s*sqliteIn\(directory\),/);
});
