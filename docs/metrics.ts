import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Registry } from 'prom-client';
import { createServeMetrics } from '../src/serve/metrics.ts';
import { createShipMetrics } from '../src/ship/metrics.ts';
import { between, table } from './table.ts';

export const operating = join(import.meta.dirname, 'operating.md');

/** The page on operating with the tables of metrics of ship and serve as they should be. */
export async function operatingPage(): Promise<string> {
  const text = await readFile(operating, 'utf8');
  const ship = between(text, 'metrics of ship', await metricsTable(createShipMetrics().registry));
  return between(ship, 'metrics of serve', await metricsTable(createServeMetrics().registry));
}

async function metricsTable(registry: Registry): Promise<string> {
  const rows = (await registry.getMetricsAsJSON()).map(({ name, help }) => {
    const { labelNames = [] } = registry.getSingleMetric(name) as unknown as { labelNames?: readonly string[] };
    const by = labelNames.map((label) => `\`${label}\``).join(', ');
    return [`\`${name}\`${by && ` by ${by}`}`, help];
  });
  return table([['metric', 'is'], ...rows]);
}
