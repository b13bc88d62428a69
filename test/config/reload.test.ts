import assert from 'node:assert/strict';
import { mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { files } from '../../src/config/files.ts';
import { parseConfig, type Config } from '../../src/config/parse.ts';
import { createConfig, watchConfig } from '../../src/config/reload.ts';
import type { Log } from '../../src/system/log.ts';
import { createMetrics } from '../../src/system/metrics.ts';
import { temporaryDirectory } from '../support/tree.ts';
import { sample } from './world.ts';

/** A configuration on disk, live, with all that it told. */
async function live(t: TestContext) {
  const root = await temporaryDirectory(t);
  const path = join(root, 'config.yaml');
  await writeFile(path, 'linger: 1\n');
  const told: string[] = [];
  const tell = (message: string, fields = {}) => void told.push(`${message} ${JSON.stringify(fields)}`);
  const log: Log = { error: tell, warn: tell, info: tell, debug: tell };
  const metrics = createMetrics();
  const env = { WATCHER_AGENTS: 'sample', WATCHER_CONFIG: path, NODE_NAME: 'node-1' };
  const parse = () => parseConfig({ argv: [], env, files, agents: [sample] });
  const config = await createConfig({ parse, log, metrics });
  const changes: [Config, Config][] = [];
  config.onChange((next, previous) => void changes.push([next, previous]));
  const metric = async () => {
    const { values } = await metrics.configReloads.get();
    const valid = (await metrics.configValid.get()).values[0]?.value;
    return { valid, ...Object.fromEntries(values.map(({ labels, value }) => [labels.result, value])) };
  };
  return { root, path, told, config, changes, metric };
}

async function until(condition: () => boolean) {
  for (let tries = 0; !condition(); tries += 1) {
    assert.ok(tries < 6000, 'waited in vain');
    await sleep(5);
  }
}

test('a change is handed on with what was before', async (t) => {
  const { path, config, changes, metric } = await live(t);
  await writeFile(path, 'linger: 2\nsample: { count: 9 }\n');
  await config.reload();
  assert.equal(config.current.core.linger, 2);
  assert.deepEqual(
    changes.map(([next, previous]) => [next.core.linger, previous.core.linger]),
    [[2, 1]],
  );
  assert.equal(changes[0]?.[0].agents.sample?.count, 9);
  assert.deepEqual(await metric(), { valid: 1, applied: 1 });
});

test('the same again is no change', async (t) => {
  const { path, config, changes, told, metric } = await live(t);
  await writeFile(path, '{ "linger": 1.0 }');
  await config.reload();
  assert.deepEqual([changes, told], [[], []]);
  assert.deepEqual(await metric(), { valid: 1 });
});

test('a bad edit is refused and the one before stays, until it is mended', async (t) => {
  const { path, config, changes, told, metric } = await live(t);
  await writeFile(path, 'linger: soon\nsample_count: 99\n');
  await config.reload();
  await config.reload();
  assert.equal(config.current.core.linger, 1);
  assert.deepEqual(changes, []);
  assert.deepEqual(await metric(), { valid: 0, refused: 1 });
  assert.equal(told.length, 1);
  assert.match(told[0] ?? '', /refused.*--linger.*--sample-count/);

  await rm(path);
  await config.reload();
  assert.match(told[1] ?? '', /refused.*there is no such file/);
  assert.equal(config.current.core.linger, 1);

  await writeFile(path, 'linger: 3\n');
  await config.reload();
  assert.equal(config.current.core.linger, 3);
  assert.deepEqual(await metric(), { valid: 1, refused: 2, applied: 1 });
});

test('going back to what is in force clears the refusal', async (t) => {
  const { path, config, changes, metric } = await live(t);
  await writeFile(path, 'linger: soon\n');
  await config.reload();
  await writeFile(path, 'linger: 1\n');
  await config.reload();
  assert.deepEqual(changes, []);
  assert.deepEqual(await metric(), { valid: 1, refused: 1, unchanged: 1 });
});

test('what is read at the start only keeps its value, with one warning', async (t) => {
  const { path, config, changes, told } = await live(t);
  await writeFile(path, 'linger: 2\nstatus-address: ":1"\nagents: []\n');
  await config.reload();
  await writeFile(path, 'linger: 3\nstatus-address: ":1"\n');
  await config.reload();
  assert.deepEqual(
    changes.map(([next]) => [next.core.linger, next.core['status-address']]),
    [
      [2, ':9469'],
      [3, ':9469'],
    ],
  );
  assert.deepEqual(
    told.filter((line) => line.includes('next start')),
    ['a changed option takes effect at the next start {"option":"--status-address"}'],
  );
  assert.deepEqual(Object.keys(config.current.agents), ['sample']);
});

test('a first configuration with problems rejects', async () => {
  const parse = () => parseConfig({ argv: ['--interval=x'], env: {}, files, agents: [] });
  const { silent } = await import('../../src/system/log.ts');
  await assert.rejects(createConfig({ parse, log: silent, metrics: createMetrics() }), { name: 'ConfigError' });
});

test('the file of a refused configuration is watched too', async (t) => {
  const { root, path, config } = await live(t);
  await writeFile(path, `sample: { key: ${join(root, 'key')} }\n`);
  await config.reload();
  assert.deepEqual(config.files, [path, join(root, 'key')]);
  await writeFile(join(root, 'key'), 'late-key\n');
  await config.reload();
  assert.equal(config.current.agents.sample?.key, 'late-key');
});

test('the watch notices writes, replacement, removal, and the swap of a ConfigMap', async (t) => {
  const root = await temporaryDirectory(t);
  const version = async (name: string, content: string) => {
    await mkdir(join(root, name));
    await writeFile(join(root, name, 'config.yaml'), content);
    await utimes(join(root, name, 'config.yaml'), 1000, 1000);
  };
  // As the kubelet does it: config.yaml -> ..data/config.yaml, ..data -> ..1, and a rename over ..data.
  await version('..1', 'linger: 1');
  await version('..2', 'linger: 2');
  await symlink('..1', join(root, '..data'));
  const path = join(root, 'config.yaml');
  await symlink(join('..data', 'config.yaml'), path);

  let rings = 0;
  const watch = watchConfig({ paths: () => [path], interval: 5, onChange: () => void (rings += 1) });
  t.after(() => watch.close());
  await until(() => rings === 1);

  await symlink('..2', join(root, '..data_tmp'));
  await rename(join(root, '..data_tmp'), join(root, '..data'));
  await until(() => rings === 2);

  await writeFile(join(root, '..2', 'config.yaml'), 'linger: 3');
  await until(() => rings >= 3);

  const before = rings;
  await rm(path);
  await until(() => rings > before);

  const gone = rings;
  await writeFile(path, 'linger: 4');
  await until(() => rings > gone);
});

test('a key that is rotated comes through, end to end', async (t) => {
  const { root, path, config, changes } = await live(t);
  const key = join(root, 'key');
  await writeFile(key, 'first-key\n');
  await writeFile(path, `sample: { key: ${key} }\n`);
  const watch = watchConfig({ paths: () => config.files, interval: 5, onChange: config.reload });
  t.after(() => watch.close());
  await until(() => changes.length === 1);
  await writeFile(join(root, 'new'), 'second-key\n');
  await rename(join(root, 'new'), key);
  await until(() => changes.length === 2);
  assert.deepEqual(
    changes.map(([next]) => next.agents.sample?.key),
    ['first-key', 'second-key'],
  );
});
