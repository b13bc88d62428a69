import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silent } from '../../src/system/log.ts';
import { createMetrics } from '../../src/system/metrics.ts';
import { createWatch } from '../../src/watch/watch.ts';
import { noRules } from '../support/rules.ts';

test('an empty list of pods beside containers on disk is asked for again', async () => {
  const asked = Promise.withResolvers<void>();
  const end = new AbortController();
  const directory = '/var/log/pods/default_shop_uid/main';
  const container = {
    ...({ runtime: 'cri', id: '', name: 'main', restart: 0, sandbox: false, directory } as const),
    pod: { namespace: 'default', name: 'shop', uid: 'uid' },
    log: { path: `${directory}/0.log`, format: 'cri' as const },
  };
  const watch = await createWatch({
    settings: () => ({
      rules: noRules,
      node: { name: 'node-1', labels: {}, cluster: { id: '', alias: '', environment: '' } },
      linger: 0,
      seenByShipper: (path) => path,
      running: [],
    }),
    scan: () => Promise.resolve({ containers: [container], incomplete: [] }),
    pods: () =>
      Promise.resolve({
        synced: true,
        error: undefined,
        all: () => [],
        relist: asked.resolve,
        run: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
      }),
    bell: () => ({ follow() {}, close: () => Promise.resolve() }),
    log: silent,
    metrics: createMetrics(),
  });
  const running = watch.run(end.signal);
  await asked.promise;
  end.abort();
  await running;
  assert.match(watch.state.scanError ?? '', /no pod of this node is known/);
});
