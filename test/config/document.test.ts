import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import yargs from 'yargs';
import { configurationPage, page } from '../../docs/generate.ts';
import { document } from '../../src/config/document.ts';
import { applyOptions } from '../../src/config/flags.ts';
import { fixedAtStart, options } from '../../src/config/options.ts';
import { sample } from './world.ts';

test('docs/configuration.md is fresh; npm run docs makes it so', async () => {
  const fresh = (await readFile(page, 'utf8')) === (await configurationPage());
  assert.ok(fresh, 'docs/configuration.md is stale: npm run docs');
});

test('every option stands in the page, whole and as plain text', () => {
  const text = document([{ ...sample, options: { odd: { type: 'string', describe: 'Either <a> | *b*' } } }]);
  for (const name of Object.keys(options)) assert.match(text, new RegExp(`^\\| \`--${name}\``, 'm'));
  assert.match(text, /^\| `--sample-odd` \| `WATCHER_SAMPLE_ODD` \| string \| {2}\| Either \\<a> \\\| \\\*b\\\* \|$/m);
});

test('what is read at the start only are options', () => {
  for (const name of fixedAtStart) assert.ok(name in options, name);
});

test('help shows every option, by owner', async () => {
  const parser = applyOptions(applyOptions(yargs([]), '', options), sample.name, sample.options);
  const help = await parser.wrap(null).getHelp();
  for (const name of Object.keys(options)) assert.match(help, new RegExp(`--${name}\\b`));
  assert.match(help, /Options of the agent sample:/);
  assert.match(help, /--sample-count .*\[number\] \[default: 5\]/);
  assert.match(help, /--sample-layout .*How many files \(one, Many\)/);
});
