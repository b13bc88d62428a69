import assert from 'node:assert/strict';
import { lstat, mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Pod } from '../../src/kubernetes/pod.ts';
import type { Container } from '../../src/logs/container.ts';
import { silent } from '../../src/system/log.ts';
import { createMetrics } from '../../src/system/metrics.ts';
import { createPasses } from '../../src/watch/pass.ts';
import type { Running } from '../../src/watch/running.ts';
import { start } from '../../src/watch/running.ts';
import { allAgents } from '../agents/render.ts';
import { makeOptions } from '../support/targets.ts';
import { temporaryDirectory } from '../support/tree.ts';
import { noRules } from '../support/rules.ts';

/** Every agent whose shipper looks by itself, writing below a directory. */
async function reloadFree(t: TestContext): Promise<{ running: Running[]; root: string }> {
  const root = await temporaryDirectory(t);
  const running: Running[] = [];
  for (const loaded of await allAgents()) {
    const { agent } = loaded;
    const given: Record<string, string> = {};
    for (const [name, { type, required, default: usual }] of Object.entries(agent.options)) {
      if (!(required ?? usual) || (type !== 'directory' && type !== 'file')) continue;
      const path = join(root, agent.name, name);
      await mkdir(type === 'directory' ? path : dirname(path), { recursive: true });
      given[name] = path;
    }
    const options = makeOptions(agent, given) as Running['options'];
    if (agent.reload?.(options) === undefined) running.push(start(loaded, options));
  }
  return { running, root };
}

function make(n: number): { container: Container; pod: Pod } {
  const [uid, name] = [`00000000-0000-4000-8000-${String(n).padStart(12, '0')}`, `shop-${n}`];
  const directory = `/var/log/pods/default_${name}_${uid}/main`;
  return {
    container: {
      runtime: 'cri',
      id: String(n).padStart(64, '0'),
      name: 'main',
      restart: 0,
      pod: { namespace: 'default', name, uid },
      sandbox: false,
      log: { path: `${directory}/0.log`, format: 'cri' },
      directory,
    },
    pod: {
      uid,
      name,
      namespace: 'default',
      labels: { application: 'shop', version: `v${n}` },
      annotations: {},
      node: 'node-1',
      serviceAccount: '',
      ending: false,
      containers: [],
    },
  };
}

/** What stands below a directory, each with what changes when it is written. */
async function stamps(root: string): Promise<Map<string, string>> {
  const found = await readdir(root, { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(
      files.map(async (path) => {
        const { ino, mtimeMs, ctimeMs } = await lstat(path);
        return [path, `${ino} ${mtimeMs} ${ctimeMs}`] as const;
      }),
    ),
  );
}

test('an hour of churn: no write without a change, and no reload for shippers that look by themselves', async (t) => {
  const { running, root } = await reloadFree(t);
  assert.ok(running.length >= 4, running.map(({ agent }) => agent.name).join());
  const minute = 60_000;
  const world = { now: 0, alive: new Map<number, ReturnType<typeof make>>(), made: 0 };
  const metrics = createMetrics();
  const passes = createPasses({
    scan: () => Promise.resolve({ containers: [...world.alive.values()].map((one) => one.container), incomplete: [] }),
    pods: { synced: true, all: () => [...world.alive.values()].map((one) => one.pod) },
    settings: () => ({
      rules: noRules,
      node: { name: 'node-1', labels: {}, cluster: { id: 'c', alias: 'a', environment: 'test' } },
      linger: minute,
      seenByShipper: (path) => path,
      running,
    }),
    waits: { 'container-id-unknown': 2000 },
    patience: 0,
    now: () => world.now,
    log: silent,
    metrics,
  });
  let random = 1;
  const chance = (of: number) => (random = (random * 48271) % 2147483647) % of === 0;
  for (let i = 0; i < 10; i++) world.alive.set(world.made, make(world.made++));

  let before = new Map<string, string>();
  let shipped = '';
  let quiet = 0;
  for (; world.now < 60 * minute; world.now += 15_000) {
    if (chance(3)) world.alive.set(world.made, make(world.made++));
    if (chance(4) && world.alive.size > 3) world.alive.delete(world.alive.keys().next().value ?? 0);
    await passes.pass(chance(2));
    await passes.crew.idle();
    const after = await stamps(root);
    const now = passes.state.verdicts.map(({ key }) => key).join();
    for (const [agent, { errors }] of passes.state.results) assert.deepEqual(errors, [], agent);
    if (now === shipped) {
      quiet++;
      assert.deepEqual(after, before, `a write at ${world.now / 1000} s, though nothing has changed`);
    }
    [before, shipped] = [after, now];
  }
  assert.ok(quiet > 60 && world.made > 50, `${quiet} quiet passes, ${world.made} containers`);
});
