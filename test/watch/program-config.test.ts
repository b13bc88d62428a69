import assert from 'node:assert/strict';
import { mkdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { until } from '../support/program.ts';
import { canary, createWorld } from '../support/world.ts';

/** At once, as an editor or the kubelet does it: a file that is half written would be read as another one. */
async function edit(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

describe('the configuration of a running program', { concurrency: true }, () => {
  it('takes over a changed config file, refuses a wrong one, and recovers', async (t) => {
    const world = await createWorld(t);
    const config = join(world.root, 'config.yaml');
    await edit(config, 'strict-labels: [application, version]\n');
    await world.pod('plain', { labels: { version: 'v1' } });
    await world.pod('owned', { labels: { team: 'red' } });
    const program = await world.startReady({ WATCHER_CONFIG: config });
    const valid = () => program.metric('logwatch_config_valid');
    assert.equal((await world.shipped()).join(), 'owned,plain');

    await edit(config, 'strict-labels: [team]\n');
    await until('the new rule', async () => (await world.shipped()).join() === 'owned');

    await edit(config, 'strict-labels: [team]\nstrict-label: [x]\nlog-level: loud\n');
    await until('the refusal', async () => (await valid()) === 0);
    const refused = () => program.lines.filter(({ message }) => message.includes('is refused'));
    assert.equal((refused()[0]?.['problems'] as string[] | undefined)?.length, 2, 'all problems at once');
    await program.passes();
    assert.equal((await world.shipped()).join(), 'owned');
    assert.equal((await program.readyz()).ok, true);
    assert.equal(refused().length, 1);

    await edit(config, 'strict-labels: []\n');
    await until('the recovery', async () => (await valid()) === 1);
    await until('the rule after that', async () => (await world.shipped()).join() === 'owned,plain');
  });

  it('takes names from where the table says, and takes over a changed table', async (t) => {
    const world = await createWorld(t);
    const config = join(world.root, 'config.yaml');
    await edit(config, 'label-map: recommended\n');
    await world.pod('ours', { labels: { application: 'a', version: 'v1' } });
    await world.pod('theirs', { labels: { 'app.kubernetes.io/name': 'a', 'app.kubernetes.io/version': 'v1' } });
    const program = await world.startReady({ WATCHER_CONFIG: config });
    assert.equal((await world.shipped()).join(), 'ours,theirs');

    await edit(config, 'label-map: {application: [], release: "pod:x"}\n');
    await until('the refusal', async () => (await program.metric('logwatch_config_valid')) === 0);

    await edit(config, 'label-map: {version: release}\n');
    await until('the new table', async () => (await world.shipped()).join() === '');
  });

  it('follows a mounted config and a mounted key that are swapped behind a link', async (t) => {
    const world = await createWorld(t, { agents: ['scalyr'] });
    const mounted = join(world.root, 'mounted');
    // As the kubelet does it: file -> ..data/file, ..data -> a directory, which is replaced by rename.
    const swap = async (version: string, files: Record<string, string>) => {
      await mkdir(join(mounted, version), { recursive: true });
      for (const [name, text] of Object.entries(files)) await writeFile(join(mounted, version, name), text);
      await symlink(version, join(mounted, '..data_tmp'));
      await rename(join(mounted, '..data_tmp'), join(mounted, '..data'));
    };
    await swap('..1', { 'config.yaml': 'exclude-namespaces: []\n', key: `${canary}-one\n` });
    for (const name of ['config.yaml', 'key']) await symlink(join('..data', name), join(mounted, name));
    await world.pod('shop');
    const program = await world.startReady({
      WATCHER_CONFIG: join(mounted, 'config.yaml'),
      WATCHER_SCALYR_API_KEY_FILE: join(mounted, 'key'),
    });
    const key = async () => (JSON.parse(await readFile(world.agentJson, 'utf8')) as { api_key: string }).api_key;
    assert.equal(await key(), `${canary}-one`);

    await swap('..2', { 'config.yaml': 'exclude-namespaces: [default]\n', key: `${canary}-two\n` });
    await until('the new key', async () => (await key()) === `${canary}-two`);
    await until('the new rule', async () => (await world.shipped()).length === 0);
    assert.equal((await stat(world.agentJson)).mode & 0o777, 0o600);

    // A key that is empty for a moment is no key.
    await swap('..3', { 'config.yaml': 'exclude-namespaces: []\n', key: '' });
    await until('the refusal', async () => (await program.metric('logwatch_config_valid')) === 0);
    assert.equal(await key(), `${canary}-two`);
    const { stderr } = await program.stop();
    assert.ok(!stderr.includes(canary));
  });
});
