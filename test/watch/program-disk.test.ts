import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { until } from '../support/program.ts';
import { tree } from '../support/tree.ts';
import { createWorld } from '../support/world.ts';

describe('a directory of containers that is not there', { concurrency: true }, () => {
  for (const runtime of ['docker', 'cri'] as const) {
    it(`removes nothing while it is away or empty, and recovers (${runtime})`, async (t) => {
      const world = await createWorld(t);
      await world.pod('first', { runtime });
      const second = await world.pod('second', { runtime });
      const program = await world.startReady();
      const before = await world.tree();
      const directory = runtime === 'docker' ? world.node.containers : world.node.pods;
      const scan = async () => (await program.readyz()).checks['scan'];

      await rename(directory, `${directory}.away`);
      await until('a failed look', async () => (await scan())?.ok === false);
      assert.match((await scan())?.detail ?? '', new RegExp(`${directory} can't be read`));
      await program.passes(2);
      assert.deepEqual(await world.tree(), before);

      await mkdir(directory);
      await until('the empty directory noticed', async () => /not mounted/.test((await scan())?.detail ?? ''));
      // Longer than the linger time.
      await program.passes(3);
      assert.deepEqual(await world.tree(), before);
      const errors = program.lines.filter(({ level }) => level === 'error').length;
      assert.equal(errors, 2, 'each reason is logged once');

      await rmdir(directory);
      await rename(`${directory}.away`, directory);
      await until('all well', async () => (await program.readyz()).ok);
      assert.deepEqual(await world.tree(), before);
      await world.remove(second);
      await until('the end of the second', async () => (await world.shipped()).join() === 'first');
    });
  }

  it('removes nothing when the Docker directory is empty at the start, with or without a snapshot', async (t) => {
    const world = await createWorld(t);
    await world.pod('shop', { runtime: 'docker' });
    await (await world.startReady()).stop();
    const before = await world.tree();
    const directory = world.node.containers;
    await rename(directory, `${directory}.away`);
    await mkdir(directory);
    for (const state of [world.env['WATCHER_STATE_PATH'], '']) {
      const program = await world.start({ WATCHER_STATE_PATH: state });
      await until('the pods', async () => (await program.readyz()).checks['pods']?.ok === true);
      await program.passes(3);
      assert.match((await program.readyz()).checks['scan']?.detail ?? '', /not mounted/);
      await program.stop();
      assert.deepEqual(await world.tree(), before);
    }
    await rmdir(directory);
    await rename(`${directory}.away`, directory);
    await world.startReady();
    assert.deepEqual(await world.tree(), before);
  });
});

describe("a shipper's disk that is full", () => {
  it('keeps the old files whole, names the agent, leaves the others alone, and recovers', async (t) => {
    const small = await mountSmall(t);
    if (!small) return t.skip('a tmpfs can not be mounted here');
    const world = await createWorld(t, { env: { WATCHER_LOKI_DEST_PATH: small } });
    const old = [await world.pod('old-1'), await world.pod('old-2')];
    const program = await world.startReady();
    const before = await tree(small, { hidden: true });
    assert.equal(Object.keys(before).length, 2);
    const ballast = join(small, 'ballast');
    await writeFile(ballast, Buffer.alloc(1 << 20)).catch((error: NodeJS.ErrnoException) =>
      assert.equal(error.code, 'ENOSPC'),
    );
    const stuffed = (await readFile(ballast)).length;

    const added = await world.pod('new');
    if (old[0]) await world.remove(old[0]);
    await until('the failure', async () => (await program.readyz()).checks['agent loki']?.ok === false);
    await until('the others', async () => (await world.shipped()).join() === 'new,old-2');
    await program.passes(3);
    const { checks, ok } = await program.readyz();
    assert.equal(ok, false);
    assert.match(checks['agent loki']?.detail ?? '', /ENOSPC/);
    assert.deepEqual(
      Object.entries(checks).flatMap(([name, { ok }]) => (ok ? [] : [name])),
      ['agent loki'],
    );
    assert.equal(await program.metric('logwatch_agent_applied{agent="loki"}'), 0);
    const { ballast: kept, ...full } = await tree(small, { hidden: true });
    assert.equal(kept?.length, stuffed);
    assert.deepEqual(full, before, 'nothing half, nothing removed, no temporary file');
    const failures = program.lines.filter(({ message }) => message.startsWith('agent failed'));
    assert.ok(failures.length > 0 && failures.length < 4, `logged ${failures.length} times`);

    await rm(ballast);
    await until('all well', async () => (await program.readyz()).ok);
    const names = Object.keys(await tree(small, { hidden: true }));
    assert.equal(names.length, 2);
    assert.ok(names.some((name) => name.includes(added.pod.metadata.uid)));
  });
});

async function mountSmall(t: TestContext): Promise<string | undefined> {
  const path = await mkdtemp(join(tmpdir(), 'klw-test-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    await rmdir(path);
    return undefined;
  }
  t.after(async () => {
    execFileSync('umount', ['-l', path]);
    await rmdir(path);
  });
  return path;
}
