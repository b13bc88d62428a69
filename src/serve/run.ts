import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import node from 'node:process';
import type { Process } from '../config/command.ts';
import { files } from '../config/files.ts';
import { watchConfig } from '../config/reload.ts';
import { createLog, type Level, type Log } from '../system/log.ts';
import { createGate, type Gate } from './http/gate.ts';
import { leanHeaps } from './lean.ts';
import { createServeMetrics } from './metrics.ts';
import { openStore } from './open.ts';
import type { ServeValues } from './options.ts';
import { sampled } from './http/sampled.ts';
import { openInside, type Inside } from './inside.ts';
import { createArrivals } from './query/arrivals.ts';
import { createServe } from './serve.ts';
import { readTls, tlsFiles } from './http/tls.ts';

const signals = ['SIGTERM', 'SIGINT'] as const;
/** Who asks a second time doesn't want to wait. */
const again = () => node.exit(1);

/** What runs in the same process and pushes; resolves once it has begun, in any case, and no request is answered before. */
export type Feed = (inside: Inside) => Promise<void>;

/** `serve`: runs until it is told to end; then answers what it has begun, and closes the store. */
export async function runServe(
  values: ServeValues,
  { signal, stderr, version }: Process,
  feed?: Feed,
): Promise<number> {
  const heaps = leanHeaps();
  const gate = createGate(values, files);
  const tls = readTls(values, files);
  const log = createLog(values['log-level'] as Level, stderr);
  const metrics = createServeMetrics();
  const store = await openStore(values, { log, metrics });
  const now = () => BigInt(Date.now()) * 1_000_000n;
  const told = sampled(log, 10_000, () => performance.now());
  const profiler = values['enable-profiling']
    ? await (await import('./profile/profile.ts')).createProfiler()
    : undefined;
  const arrivals = createArrivals(now);
  const world = { store, values, metrics, log: told, now, arrivals, ...(profiler && { profiler }) };
  const begun = Promise.withResolvers<void>();
  const server = createServe(world, signal, { gate, ...(tls && { tls }), ...(feed && { ready: begun.promise }) });
  const credentials = watchCredentials(server, gate, values, log);
  let inside: Inside | undefined;
  try {
    server.listen(values.port, values['bind-address']);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    log.info('started', {
      version,
      address: values['bind-address'],
      port,
      store: values.store,
      tls: tls !== undefined,
    });
    inside = feed && (await openInside(world, signal));
    if (feed && inside) void feed(inside).then(begun.resolve);
    if (!signal.aborted) await once(signal, 'abort');
    for (const name of signals) node.once(name, again);
    const closed = once(server, 'close');
    server.close();
    const late = setTimeout(() => server.closeAllConnections(), values.grace * 1000);
    await closed;
    clearTimeout(late);
  } finally {
    credentials.close();
    heaps.close();
    inside?.close();
    profiler?.close();
    await store.close();
    for (const name of signals) node.off(name, again);
  }
  log.info('ended', { signal: signal.reason });
  return 0;
}

/** Certificates and credentials are replaced while the program runs; what is wrong with new ones leaves the old in force. */
function watchCredentials(server: Server, gate: Gate, values: ServeValues, log: Log) {
  return watchConfig({
    paths: () => [...gate.files, ...tlsFiles(values)],
    onChange() {
      try {
        gate.reload();
        const tls = readTls(values, files);
        if (tls) (server as TlsServer).setSecureContext(tls);
      } catch (error) {
        log.error('changed credentials are refused; those before stay in force', { error });
      }
    },
  });
}
