import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../support/program.ts';
import { random } from '../support/random.ts';
import { createWorld, type Started } from '../support/world.ts';

const leftOver = async (directory: string) =>
  (await readdir(directory, { recursive: true })).filter((path) => path.endsWith('.tmp'));

it('ends well and soon on SIGTERM in the middle of a pass, and removes nothing', async (t) => {
  const world = await createWorld(t);
  await world.pod('first');
  const program = await world.startReady();
  const before = Object.keys(await world.tree());
  await Promise.all(Array.from({ length: 100 }, (_, index) => world.pod(`pod-${index}`)));
  await until('the first file of many', async () => (await readdir(world.places['loki'] ?? '')).length > 3);
  const asked = performance.now();
  const { code, signal } = await program.stop('SIGTERM');
  const took = performance.now() - asked;
  assert.deepEqual([code, signal], [0, null]);
  // Where nothing else is to do, it takes a tenth of a second; the kubelet kills after thirty.
  assert.ok(took < 15_000, `${took} ms`);
  // An agent that nobody has waited for may still have had a word.
  assert.ok(program.lines.slice(-5).some(({ message }) => message === 'ended'));
  const after = await world.tree();
  assert.deepEqual(
    before.filter((path) => !(path in after)),
    [],
  );
  assert.deepEqual(await leftOver(world.root), []);
});

describe('a program that was killed', { concurrency: true }, () => {
  it('finds its way after SIGKILL at any moment, whatever was going on', async (t) => {
    const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
    t.diagnostic(`seed ${seed}; SEED=${seed} begins the same way`);
    const pick = random(seed);
    const world = await createWorld(t);
    const foreign = Object.values(world.places).map((place) => join(place, 'foreign.json'));
    for (const path of foreign) await writeFile(path, '{}');
    const alive: Started[] = [];
    let made = 0;
    const churn = async () => {
      if (pick(10) < 6 || alive.length === 0) {
        alive.push(await world.pod(`pod-${made++}`, { runtime: pick(2) === 0 ? 'docker' : 'cri' }));
        return;
      }
      const at = pick(alive.length);
      const one = alive[at];
      if (!one) return;
      if (pick(2) === 0) return world.remove(...(alive.splice(at, 1) as [Started]));
      const labels = { application: `app-${made++}`, version: 'v2' };
      one.pod = { ...one.pod, metadata: { ...one.pod.metadata, labels: { ...one.pod.metadata.labels, ...labels } } };
      world.api.pods.set(one.pod);
    };

    for (let round = 0; round < Number(process.env['ROUNDS'] ?? 5); round++) {
      // Some things happen while no watcher runs.
      for (let count = 0; count < 2; count++) await churn();
      const program = await world.start();
      const killAt = performance.now() + pick(250);
      while (performance.now() < killAt) {
        await churn();
        await sleep(pick(15));
      }
      await program.stop('SIGKILL');
    }
    if (alive.length === 0) alive.push(await world.pod('last'));
    // What a kill in the middle of a write leaves behind, in case that chance has missed it.
    for (const place of [...Object.values(world.places), world.shipper])
      await writeFile(join(place, '.klw-0123456789ab.tmp'), '{');
    const program = await world.startReady();
    await until('the pods alive and no others', async () => {
      const names = alive.map(({ pod }) => pod.metadata.name).sort();
      return (await world.shipped()).join() === names.join();
    });
    await program.passes(2);
    assert.equal(await world.difference(alive.map(({ pod }) => pod)), '');
    assert.deepEqual(await leftOver(world.root), []);
    const files = await world.tree();
    for (const path of foreign) assert.equal(files[path.slice(world.shipper.length + 1)], '{}');
    const jobs = Object.keys(files).filter((path) => path.startsWith('appdynamics/container-'));
    assert.equal(jobs.length, alive.length, 'nothing of those that are gone');
    assert.equal(Object.keys(files).filter((path) => /^symlinker\/.*\.log$/.test(path)).length, alive.length);
  });

  it('after a kill removes what has gone meanwhile when it has lingered, and nothing else', async (t) => {
    const world = await createWorld(t);
    const gone = await world.pod('gone', { runtime: 'docker' });
    await world.pod('stays');
    await (await world.startReady()).stop('SIGKILL');
    const before = await world.tree();
    await world.remove(gone);

    const lingering = await world.startReady({ WATCHER_LINGER: '600' });
    await lingering.passes();
    assert.deepEqual(await world.tree(), before);
    await lingering.stop('SIGKILL');

    await world.startReady();
    await until('the end of the lingering', async () => (await world.shipped()).join() === 'stays');
    await until('the end of its files', async () => !JSON.stringify(await world.tree()).includes(gone.container.id));
    const after = await world.tree();
    const kept = Object.entries(before).filter(([path]) => !path.includes(gone.container.id) && path !== 'agent.json');
    assert.deepEqual(
      kept.filter(([path, text]) => after[path] !== text),
      [],
    );
  });
});
