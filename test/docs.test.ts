import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { configurationPage, page } from '../docs/generate.ts';
import { operating, operatingPage } from '../docs/metrics.ts';
import { createServeMetrics } from '../src/serve/metrics.ts';
import { createShipMetrics } from '../src/ship/metrics.ts';
import { shipOptions } from '../src/ship/options.ts';
import { createMetrics } from '../src/system/metrics.ts';
import { reasons } from '../src/system/reasons.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFile(join(root, path), 'utf8');

test('the page on operating knows every reason code and every metric, and no others', async () => {
  const page = await read('docs/operating.md');
  const rows = new Set([...page.matchAll(/^\| `([a-z_-]+)`/gm)].map(([, name]) => name));
  const all = [createMetrics(), createShipMetrics(), createServeMetrics()];
  const metrics = (await Promise.all(all.map(({ registry }) => registry.getMetricsAsJSON()))).flat();
  assert.deepEqual(rows, new Set([...Object.keys(reasons), ...metrics.map(({ name }) => name)]));
});

test('the page on configuration is fresh, and has every option of ship', async () => {
  const text = await readFile(page, 'utf8');
  assert.ok(text === (await configurationPage()), 'docs/configuration.md is stale: npm run docs');
  const [, part = ''] = text.split('\n## Options of `ship`\n');
  const [rows = ''] = part.split('\n## ');
  for (const name of Object.keys(shipOptions)) assert.match(rows, new RegExp(`^\\| \`--${name}\``, 'm'));
});

test('the tables of metrics of ship and serve are fresh', async () => {
  assert.ok(
    (await readFile(operating, 'utf8')) === (await operatingPage()),
    'docs/operating.md is stale: npm run docs',
  );
});

test('every agent has a page', async () => {
  const agents = (await readdir(join(root, 'agents'))).filter((file) => /\.(yaml|ts)$/.test(file));
  for (const file of agents) assert.ok(existsSync(join(root, 'docs/agents', file.replace(/\.\w+$/, '.md'))), file);
});

test('links between pages lead somewhere', async () => {
  const pages = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];
  const docs = (await readdir(join(root, 'docs'), { recursive: true })).filter((file) => file.endsWith('.md'));
  for (const page of [...pages, ...docs.map((file) => join('docs', file))]) {
    for (const [, link = ''] of (await read(page)).matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
      if (/^https?:/.test(link)) continue;
      assert.ok(existsSync(join(root, dirname(page), link)), `${page} links to ${link}`);
    }
  }
});
