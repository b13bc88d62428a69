import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { chart, rows, write } from '../../chart.ts';
import manifest from '../../package.json' with { type: 'json' };
import { tree } from '../support/tree.ts';

const read = (file: string) => readFileSync(join(chart, file), 'utf8');

test('the chart is fresh: versions, files, rules of roles, the table of values', async (t) => {
  const copy = mkdtempSync(join(tmpdir(), 'chart-'));
  t.after(() => rmSync(copy, { recursive: true }));
  cpSync(chart, copy, { recursive: true });
  await write(copy);
  const [now, fresh] = [await tree(chart), await tree(copy)];
  assert.deepEqual(Object.keys(now).toSorted(), Object.keys(fresh).toSorted(), 'node chart.ts');
  for (const [path, content] of Object.entries(fresh)) assert.deepEqual(now[path], content, `${path}: node chart.ts`);
  assert.match(read('Chart.yaml'), new RegExp(`^appVersion: ${manifest.version}$`, 'm'));
});

interface Schema {
  properties?: Record<string, Schema>;
  additionalProperties?: unknown;
}

test('the schema knows every value, and lets no other pass', () => {
  const missing: string[] = [];
  const walk = (value: unknown, schema: Schema | undefined, path: string) => {
    if (!schema) missing.push(path);
    if (!schema?.properties) return;
    assert.equal(schema.additionalProperties, false, path);
    for (const [key, inner] of Object.entries(value as object)) walk(inner, schema.properties[key], `${path}.${key}`);
  };
  walk(parse(read('values.yaml')), JSON.parse(read('values.schema.json')) as Schema, '');
  assert.deepEqual(missing, []);
});

test('a comment in the values stands beside what it is about', () => {
  const found = rows('# One.\none: 1\ntwo:\n  # Three.\n  three: [a]\n  # All of four.\n  four:\n    five: x\n');
  assert.deepEqual(found, [
    { key: 'one', value: '1', about: 'One.' },
    { key: 'two.three', value: '["a"]', about: 'Three.' },
    { key: 'two.four', value: '', about: 'All of four.' },
    { key: 'two.four.five', value: '"x"', about: '' },
  ]);
});
