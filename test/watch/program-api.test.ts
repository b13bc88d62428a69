import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { until, type Program } from '../support/program.ts';
import { createWorld } from '../support/world.ts';

const unready = async (program: Program) =>
  Object.entries((await program.readyz()).checks).flatMap(([name, { ok }]) => (ok ? [] : [name]));

describe('the program beside an ill API server', { concurrency: true }, () => {
  it('changes nothing when it starts without API server and snapshot, and catches up later', async (t) => {
    const world = await createWorld(t, { state: false });
    await world.pod('first');
    const gone = await world.pod('gone');
    await (await world.startReady()).stop();
    const before = await world.tree();
    await world.api.stop();
    await world.node.remove(gone.container);
    await world.pod('second', { runtime: 'docker' });

    const program = await world.start();
    await until('a container seen', async () => (await program.text('/targets')).includes('pods-not-synced'));
    await until('the failure told', async () =>
      /ECONNREFUSED/.test((await program.readyz()).checks['pods']?.detail ?? ''),
    );
    assert.ok((await unready(program)).includes('pods'));
    assert.deepEqual(await world.tree(), before);

    await world.api.start();
    await until('all', async () => (await world.shipped()).join() === 'first,second');
    await until('a ready watcher', async () => (await program.readyz()).ok);
  });

  it('goes on from its snapshot when it starts without API server', async (t) => {
    const world = await createWorld(t);
    await world.pod('first');
    const late = await world.pod('late');
    const program = await world.startReady();
    await world.node.remove(late.container);
    await until('the end of its configuration', async () => (await world.shipped()).join() === 'first');
    await program.stop();
    await world.api.stop();

    // Its pod is known from the snapshot only; of the other not even that.
    const { namespace, name, uid } = { namespace: 'default', name: 'late', uid: late.pod.metadata.uid };
    await world.node.start({ ...late.container, pod: { namespace, name, uid }, restart: 1 });
    const unknown = await world.pod('unknown');
    const again = await world.start();
    await until('the one of the snapshot', async () => (await world.shipped()).join() === 'first,late');
    assert.equal((await again.readyz()).checks['pods']?.ok, false);
    assert.match(await again.text('/explain?of=unknown'), /pods-not-synced/);

    await world.api.start();
    await until('all', async () => (await world.shipped()).join() === 'first,late,unknown');
    world.api.pods.set({ ...unknown.pod, metadata: { ...unknown.pod.metadata, labels: {} } });
    await until('the label gone', async () => (await world.shipped()).join() === 'first,late');
  });

  it('lives through refusals, garbage, resets and silence without touching what stands', async (t) => {
    const world = await createWorld(t);
    await world.pod('first');
    const program = await world.startReady();
    const before = await world.tree();
    const { faults } = world.api;
    const ill = async (what: RegExp, make: () => void) => {
      make();
      await until(`the API server ill: ${what}`, async () =>
        what.test((await program.readyz()).checks['pods']?.detail ?? ''),
      );
      assert.equal((await program.readyz()).ok, true, 'it was synced once, and goes on with what it knows');
      assert.deepEqual(await world.tree(), before);
      await until('a new watch', () => world.api.watches === 1);
    };
    for (const code of [500, 401]) await ill(new RegExp(`HTTP ${code}`), () => (faults.watch(code), faults.end()));
    await ill(/JSON|event/, () => (faults.garbage(), faults.bookmark()));
    // A watch that is silent but alive: what came meanwhile is read once it speaks again.
    faults.silence(true);
    const second = await world.pod('second');
    await until('a container without pod', async () => (await program.text('/targets')).includes('pod-unknown'));
    assert.deepEqual(await world.tree(), before);
    faults.silence(false);
    faults.end();
    await until('the second', async () => (await world.shipped()).join() === 'first,second');
    await world.remove(second);
    await until('all as before', async () => (await world.shipped()).join() === 'first');
    await until('the same files', async () => isDeepStrictEqual(await world.tree(), before));
  });

  it('does not believe a list that is empty once, with status 200', async (t) => {
    const world = await createWorld(t, { state: false });
    await world.pod('first');
    await (await world.startReady()).stop();
    const before = await world.tree();

    const url = await emptyOnce(t, world.api.url);
    const program = await world.start({ WATCHER_KUBE_URL: url });
    await until('its doubt', async () =>
      /no pod of this node is known/.test((await program.readyz()).checks['scan']?.detail ?? ''),
    );
    await program.passes(2);
    assert.deepEqual(await world.tree(), before);
  });
});

/** The API server behind a front that answers the first LIST with nothing. */
async function emptyOnce(t: TestContext, behind: string) {
  let lists = 0;
  const server = createServer((request, response) => {
    const watching = request.url?.includes('watch=true');
    if (!watching) lists += 1;
    void fetch(behind + (request.url ?? '')).then(async (answer) => {
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.flushHeaders();
      if (watching) {
        const write = (chunk: Uint8Array) => void response.write(chunk);
        await answer.body?.pipeTo(new WritableStream({ write })).catch(() => {});
        return;
      }
      const list = (await answer.json()) as { items: unknown[] };
      response.end(JSON.stringify(lists === 1 ? { ...list, items: [] } : list));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
