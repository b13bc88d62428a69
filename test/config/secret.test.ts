import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ConfigError } from '../../src/config/error.ts';
import { files } from '../../src/config/files.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { mask } from '../../src/system/secrets.ts';
import { temporaryDirectory } from '../support/tree.ts';
import { problemsOf, read, sample } from './world.ts';

const canary = 'canary-7f3a/9b+c==';

test('a secret is the trimmed content of its file, and masked from then on', () => {
  const { agents, files } = read({ argv: '--sample-key /key', files: { '/key': `${canary}\n` } });
  assert.equal(agents.sample?.key, canary);
  assert.deepEqual(files, ['/key']);
  assert.equal(mask(`key=${canary};`), 'key=***;');
});

test('a file beats the secret itself, which is trimmed and masked too', () => {
  const env = { SAMPLE_KEY: ' literal-5d1e\n', WATCHER_SAMPLE_KEY: '' };
  assert.equal(read({ env }).agents.sample?.key, 'literal-5d1e');
  assert.equal(mask('literal-5d1e'), '***');
  const both = { env: { ...env, WATCHER_SAMPLE_KEY: '/key' }, files: { '/key': 'from-file' } };
  assert.equal(read(both).agents.sample?.key, 'from-file');
});

test('an empty secret file', () => {
  assert.deepEqual(problemsOf({ env: { WATCHER_SAMPLE_KEY: '/key' }, files: { '/key': ' \n' } }), [
    '`--sample-key` (WATCHER_SAMPLE_KEY or SAMPLE_KEY), from WATCHER_SAMPLE_KEY, names an empty file.',
  ]);
});

test('no message holds a secret, wherever it was put by mistake', () => {
  const given: Parameters<typeof problemsOf>[0][] = [
    { env: { WATCHER_SAMPLE_KEY: canary } },
    { argv: `--sample-key ${canary}` },
    { argv: '--config /c', files: { '/c': `sample: { key: ${canary} }` } },
    { argv: '--config /c', files: { '/c': `sample:\n key: ${canary}\n   x: [\n` } },
    { env: { WATCHER_SAMPLE_RULES: `{"token": "${canary}"}` } },
    { env: { WATCHER_SAMPLE_RULES: `{"token": "${canary}` } },
    { env: { WATCHER_KUBE_URL: `ftp://user:${canary.replace('/', '')}@proxy` } },
  ];
  for (const one of given) {
    const told = problemsOf(one).join('\n');
    assert.notEqual(told, '');
    assert.doesNotMatch(told, /canary/, told);
  }
});

test('a known secret is masked in other messages too', () => {
  const told = problemsOf({ argv: `--sample-key /key --interval ${canary}`, files: { '/key': canary } }).join();
  assert.match(told, /`--interval` \(WATCHER_INTERVAL\) is "\*\*\*"/);
});

test('warnings, sources and files hold no secret', () => {
  const { warnings, sources, files } = read({ env: { SAMPLE_KEY: canary, WATCHER_STRANGE: canary } });
  assert.doesNotMatch(JSON.stringify({ warnings, sources, files }), /canary/);
});

test('the real disk: what is missing, a directory, a file', async (t) => {
  const root = await temporaryDirectory(t);
  await writeFile(join(root, 'key'), 'real-key-1\n');
  await mkdir(join(root, 'links'));
  const parse = (key: string, links: string) =>
    parseConfig({
      argv: ['--agents=sample', `--sample-key=${join(root, key)}`, `--sample-dest-path=${join(root, links)}`],
      env: { NODE_NAME: 'node-1' },
      files,
      agents: [sample],
    }).agents.sample;
  assert.deepEqual(
    [parse('key', 'links')?.key, parse('key', 'links')?.['dest-path']],
    ['real-key-1', join(root, 'links')],
  );
  const told = (key: string, links: string) => {
    try {
      parse(key, links);
    } catch (error) {
      return (error as ConfigError).message.replaceAll(root, 'ROOT');
    }
    return '';
  };
  assert.match(told('links', 'key'), /--sample-key, names a file that can't be read: it is a directory\./);
  assert.match(told('links', 'key'), /is "ROOT\/key", from --sample-dest-path; it has to be a directory\./);
  assert.match(told('gone', 'gone'), /there is no such file\.\n.*it has to be a directory that exists\./);
});
