import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Process } from '../config/command.ts';
import { createLog, type Level } from '../system/log.ts';
import { createServeMetrics } from './metrics.ts';
import type { ServeValues } from './options.ts';
import { openStore } from './open.ts';
import { createServe } from './serve.ts';

/** `serve`: runs until it is told to end; then answers what it has begun, and closes the store. */
export async function runServe(values: ServeValues, { signal, stderr, version }: Process): Promise<number> {
  const log = createLog(values['log-level'] as Level, stderr);
  const metrics = createServeMetrics();
  const store = await openStore(values, { log, metrics });
  const now = () => BigInt(Date.now()) * 1_000_000n;
  const server = createServe({ store, values, metrics, log, now }, signal);
  try {
    server.listen(values.port, values['bind-address']);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    log.info('started', { version, address: values['bind-address'], port, store: values.store });
    if (!signal.aborted) await once(signal, 'abort');
    const closed = once(server, 'close');
    server.close();
    const late = setTimeout(() => server.closeAllConnections(), values.grace * 1000);
    await closed;
    clearTimeout(late);
  } finally {
    await store.close();
  }
  log.info('ended', { signal: signal.reason });
  return 0;
}
