import { json, probe, type Route } from '../system/status.ts';
import type { ShipMetrics } from './metrics.ts';
import type { Ship } from './ship.ts';

/** Milliseconds without a tick after which reading counts as stuck. */
const stuck = 30_000;

/** `/healthz` and `/status` are the other names of a logging-agent for `/livez` and `/readyz`. */
export function shipEndpoints(ship: Ship, metrics: ShipMetrics, refusalLimit: number): Readonly<Record<string, Route>> {
  const live: Route = () => {
    const checks = ship
      .state()
      .destinations.map(({ name, pipeline }) => [name, { ok: pipeline.tick < stuck }] as const);
    return probe(Object.fromEntries(checks));
  };
  const ready: Route = () => {
    const { scanned, destinations } = ship.state();
    const checks = destinations.map(
      ({ name, failing, detail }) => [name, { ok: failing <= refusalLimit, ...(failing > 0 && { detail }) }] as const,
    );
    return probe({ scanned: { ok: scanned }, ...Object.fromEntries(checks) });
  };
  return {
    '/livez': live,
    '/healthz': live,
    '/readyz': ready,
    '/status': ready,
    '/metrics': async () => {
      ship.measure();
      return { status: 200, type: metrics.registry.contentType, body: await metrics.registry.metrics() };
    },
    '/': () => json(ship.state()),
  };
}
