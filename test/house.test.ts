import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..');
const floors = [
  ['system'],
  ['config'],
  ['kubernetes', 'logs'],
  ['agent'],
  ['watch', 'kit', 'ship', 'serve'],
  ['all'],
  ['commands.ts'],
  ['main.ts'],
];
const floorOf = (place: string) => floors.findIndex((floor) => floor.includes(place));
const touching =
  /^(node:(fs|net|tls|http|https|timers|child_process|os|process|dgram|worker_threads)|fs-extra|chokidar|prom-client|winston)/;

/** Files that only compute; the rest of the world comes to them as arguments. */
const pure = [
  ...[
    'resolve',
    'target',
    'filter',
    'selector',
    'plan',
    'isolate',
    'explanation',
    'debounce',
    'hints',
    'label-map',
    'lint',
  ].map((name) => `src/watch/${name}.ts`),
  ...['objects', 'scalyr', 'sarif'].map((name) => `src/watch/lint/${name}.ts`),
  ...['annotations', 'pattern', 'policy', 'problems', 'tenants', 'values'].map((name) => `src/watch/hints/${name}.ts`),
  ...[
    'agent',
    'api',
    'path-map',
    'reload',
    'hints',
    'python',
    'attributes',
    'deep',
    'target',
    'template',
    'expression',
    'format',
    'rewrite',
    'outputs',
    'options',
    'path',
    'labels',
    'json',
  ].map((name) => `src/agent/${name}.ts`),
  ...['container', 'paths', 'lines/line', 'lines/time', 'lines/cri', 'lines/docker', 'lines/parse'].map(
    (name) => `src/logs/${name}.ts`,
  ),
  ...[
    'record',
    'sink',
    'follow/reader',
    'follow/assembler',
    'follow/giving',
    'follow/holding',
    'offsets',
    'json-text',
  ].map((name) => `src/ship/${name}.ts`),
  ...[
    'store',
    'query/query',
    'write/batch',
    'json',
    'write/attribution',
    'http/dispatch',
    'write/keep',
    'profile/pprof',
    'reply',
    'http/sampled',
    'write/shorten',
    'snappy',
    'quoted',
    'push/labels',
    'push/stream',
    'push/proto',
    'push/json',
    'push/entries',
    'write/values',
    'write/tag',
    'write/rescue',
    'write/entry',
  ].map((name) => `src/serve/${name}.ts`),
  ...[
    'query/condition',
    'query/duration',
    'query/expression',
    'query/follower',
    'query/matching',
    'write/import',
    'query/parameters',
    'query/pattern',
    'query/row',
    'query/selection',
  ].map((name) => `src/serve/${name}.ts`),
  ...['automaton', 'classes', 'closure', 'contained', 'program', 'syntax'].map((name) => `src/serve/regex/${name}.ts`),
  ...['lexer', 'line', 'names', 'parse', 'parse-log', 'parsers', 'print', 'reader', 'stages', 'syntax', 'vector'].map(
    (name) => `src/serve/logql/${name}.ts`,
  ),
  ...['pod', 'owner', 'to-pod', 'raw', 'source'].map((name) => `src/kubernetes/${name}.ts`),
  'src/all/collect/targets.ts',
];

interface Source {
  path: string;
  text: string;
  imports: string[];
}

async function sources(folder: string): Promise<Source[]> {
  const files = (await readdir(join(root, folder), { recursive: true })).filter((file) => file.endsWith('.ts'));
  return Promise.all(
    files.map(async (file) => {
      const path = join(folder, file);
      const text = await readFile(join(root, path), 'utf8');
      const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, from]) => from ?? '');
      return { path, text, imports };
    }),
  );
}
const target = ({ path }: Source, from: string) =>
  from.startsWith('.') ? relative(root, resolve(root, dirname(path), from)) : from;

test('imports point down, and never sideways', async () => {
  const wrong: string[] = [];
  for (const source of await sources('src')) {
    const place = source.path.split('/')[1] ?? '';
    for (const from of source.imports.map((from) => target(source, from))) {
      if (!from.startsWith('src/')) continue;
      const other = from.split('/')[1] ?? '';
      if (other !== place && floorOf(other) >= floorOf(place)) wrong.push(`${source.path} imports ${from}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('agents see the plugin API and nothing else', async () => {
  const wrong: string[] = [];
  for (const source of await sources('agents')) {
    for (const from of source.imports.map((from) => target(source, from))) {
      const allowed = from.startsWith('src/agent/') || from.startsWith('agents/') || !touching.test(from);
      if (!allowed || (from.startsWith('src/') && !from.startsWith('src/agent/')))
        wrong.push(`${source.path} imports ${from}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('what computes touches nothing and reads no clock', async () => {
  const wrong: string[] = [];
  const all = await sources('src');
  for (const path of pure) {
    const source = all.find((one) => one.path === path);
    assert.ok(source, `${path} is listed as pure, but there is no such file`);
    for (const from of source.imports) if (touching.test(from)) wrong.push(`${path} imports ${from}`);
    if (/\bDate\.now\(|new Date\(\)|Math\.random|process\.|\bfetch\(/.test(source.text))
      wrong.push(`${path} asks the world`);
  }
  assert.deepEqual(wrong, []);
});

test('no folder is called after nothing in particular', async () => {
  const all = [...(await sources('src')), ...(await sources('agents'))].flatMap(({ path }) => path.split('/'));
  for (const name of ['utils', 'common', 'helpers', 'core', 'lib', 'types', 'index.ts'])
    assert.ok(!all.includes(name), name);
});
