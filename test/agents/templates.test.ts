import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatOf } from '../../src/agent/format.ts';
import { places } from './render.ts';

const files = (await readdir(places.templates, { recursive: true })).filter((file) => file.endsWith('.hbs'));

for (const file of files) {
  test(`${file} writes no value as it is`, async () => {
    const text = await readFile(join(places.templates, file), 'utf8');
    assert.doesNotMatch(text, /\{\{\{|\{\{~?&/);
  });

  test(`${file} has every value inside double quotes`, async () => {
    if (!formatOf(file).json) return;
    const text = await readFile(join(places.templates, file), 'utf8');
    for (const line of text.split('\n')) {
      // Whatever a block's `{{#if}}` says is no value.
      const bare = line
        .replace(/\{\{[#/].*?\}\}|\{\{else.*?\}\}|\{\{json .*?\}\}/g, '')
        .replace(/"(?:[^"\\{]|\\.|\{\{.*?\}\}|\{)*"/g, '');
      assert.ok(!bare.includes('{{'), line);
    }
  });
}
