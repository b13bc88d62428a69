import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { RunnableAgent as Agent } from '../../src/agent/load.ts';
import { silent } from '../../src/system/log.ts';
import { createMetrics } from '../../src/system/metrics.ts';
import { createCrew, type Job } from '../../src/watch/crew.ts';
import type { Verdict } from '../../src/watch/filter.ts';
import { running, wish } from '../support/running.ts';
import { temporaryDirectory, tree } from '../support/tree.ts';

/** A shipper that is told by HTTP, and an agent that writes one file for it. */
async function set(t: TestContext, { status = 200 } = {}) {
  const root = await temporaryDirectory(t);
  const shipper = { told: [] as string[], status };
  const server = createServer((request, response) => {
    // What the shipper would read when it is told.
    void tree(root).then((files) => {
      shipper.told.push(files['all.json'] ?? 'nothing');
      response.writeHead(shipper.status).end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/reload`;
  const agent: Agent = {
    ...running(root).agent,
    reload: () => ({ kind: 'http', method: 'POST', url }),
  };
  const one = running(root, agent);
  const start = ({ quiet = 20, longest = 100 } = {}) => {
    const timings = { quiet, longest, retry: 10, longestRetry: 20 };
    const crew = createCrew({
      log: silent,
      metrics: createMetrics(),
      now: Date.now,
      reloads: { timings },
    });
    t.after(() => crew.close());
    return crew;
  };
  return { root, shipper, one, start, marker: join(root, '.kube-log-watcher.small.reload') };
}
const job = (ids: string[], verdicts: Verdict[] = []): Job => ({ wish: wish(ids), verdicts, measured: true });

test('a shipper is told after its files are there, once for several changes, and not without one', async (t) => {
  const { one, start, shipper, marker } = await set(t);
  // Longer than the second takes, on a busy machine too.
  const crew = start({ quiet: 1500, longest: 60_000 });
  await crew.work([one], job(['a']));
  await crew.work([one], job(['a', 'b']));
  assert.equal(existsSync(marker), true);
  await crew.told();
  assert.deepEqual(shipper.told, ['["a","b"]']);
  assert.equal(existsSync(marker), false);
  await crew.work([one], job(['a', 'b']));
  await crew.told();
  assert.equal(shipper.told.length, 1);
  assert.equal(crew.stateOf('small').reload?.reloads, 1);
});

test('what ends is told at once, when it is configured for the first time', async (t) => {
  const { one, start, shipper } = await set(t);
  const crew = start({ quiet: 60_000, longest: 60_000 });
  const verdict = (key: string, ending: boolean): Verdict => ({
    ...({ key, state: 'kept', reason: 'kept', detail: '', ending, firstSeen: 0 } as const),
    container: { directory: `/${key}` },
  });
  const verdicts = [verdict('a', false)];
  await crew.work([one], job(['a'], verdicts));
  verdicts.splice(0, 1, verdict('a', true));
  await crew.work([one], job(['a', 'b'], [...verdicts, verdict('b', false)]));
  assert.equal(crew.stateOf('small').reload?.status, 'waiting', 'it was configured before it began to end');
  await crew.work([one], job(['a', 'b', 'c'], [...verdicts, verdict('b', false), verdict('c', true)]));
  await crew.told();
  assert.deepEqual(shipper.told, ['["a","b","c"]']);
});

test('what one process could not tell, the next one tells', async (t) => {
  const { one, start, shipper, marker } = await set(t, { status: 500 });
  const crew = start();
  await crew.work([one], job(['a']));
  while (crew.stateOf('small').reload?.status !== 'failing') await new Promise(setImmediate);
  await crew.close();
  assert.equal(existsSync(marker), true);
  shipper.status = 200;
  shipper.told.length = 0;
  const next = start();
  await next.work([one], job(['a']));
  await next.told();
  assert.deepEqual(shipper.told, ['["a"]']);
  assert.equal(existsSync(marker), false);
});

test('an agent that does not come to an end keeps no other one waiting', async (t) => {
  const { one, start } = await set(t);
  const other = await temporaryDirectory(t);
  const held = Promise.withResolvers<void>();
  const hanging: Agent = { ...running(other).agent, name: 'hanging' };
  const stuck = { ...running(other, hanging), check: () => [] };
  const render = hanging.render.bind(hanging);
  hanging.render = async (input) => held.promise.then(() => render(input));
  const crew = start();
  await crew.work([one, stuck], job(['a']));
  assert.deepEqual([...crew.results.keys()], ['small']);
  assert.ok((crew.stateOf('hanging').workingSince ?? 0) > 0);
  await crew.work([one, stuck], job(['a', 'b']));
  assert.equal(crew.results.get('small')?.outputs, 5);
  held.resolve();
  await crew.idle();
  assert.equal(crew.results.get('hanging')?.outputs, 5);
});
