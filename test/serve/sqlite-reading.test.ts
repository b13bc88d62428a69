import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { ThreadData } from '../../src/serve/stores/sqlite/messages.ts';
import { ReaderGone, startReading } from '../../src/serve/stores/sqlite/reading.ts';
import { never } from './store-suite.ts';

const data: ThreadData = { role: 'reader', directory: '', retention: undefined, maxBytes: undefined };

/** The first one never comes back from its first question; the others answer at once. */
function startThreads() {
  let started = 0;
  const start = () => {
    started += 1;
    const answer = '({ task, end }) => end || parentPort.postMessage({ task, done: true, piece: { counts: [] } })';
    const work = started === 1 ? '() => { for (;;); }' : answer;
    return new Worker(`const { parentPort } = require('node:worker_threads'); parentPort.on('message', ${work})`, {
      eval: true,
    });
  };
  return { start, patience: 50, started: () => started };
}

test('a thread that hangs in what no one waits for is ended; who waited beside it asks another one', async (t) => {
  const threads = startThreads();
  const reading = startReading(data, 1, threads);
  t.after(() => reading.close());
  const ask = async (signal: AbortSignal) => {
    for await (const piece of reading.ask({ ask: 'extent' }, signal)) return piece;
    return undefined;
  };
  const controller = new AbortController();
  const hanging = ask(controller.signal);
  const beside = ask(never);
  const reason = new Error('no one waits any more');
  controller.abort(reason);
  await assert.rejects(hanging, reason);
  await assert.rejects(beside, ReaderGone);
  assert.deepEqual(await ask(never), { counts: [] });
  assert.equal(threads.started(), 2);
});
