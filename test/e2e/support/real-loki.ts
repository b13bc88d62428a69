import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { freePort } from '../../support/port.ts';
import { until } from '../../support/program.ts';
import { startShipper } from './shipper.ts';

/** Loki itself, its command. */
export const loki = process.env['E2E_LOKI'] ?? 'loki';

/** Starts a Loki of one process on a directory of its own, until the test is over; resolves with its address once it is ready. */
export async function startRealLoki(t: TestContext, more: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'loki-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const [http, grpc] = [await freePort(), await freePort()];
  const filesystem = { chunks_directory: join(directory, 'chunks'), rules_directory: join(directory, 'rules') };
  const index = { prefix: 'index_', period: '24h' };
  const config = {
    auth_enabled: false,
    server: {
      http_listen_address: '127.0.0.1',
      http_listen_port: http,
      grpc_listen_address: '127.0.0.1',
      grpc_listen_port: grpc,
      log_level: 'error',
    },
    common: {
      instance_addr: '127.0.0.1',
      path_prefix: directory,
      replication_factor: 1,
      ring: { kvstore: { store: 'inmemory' } },
      storage: { filesystem },
    },
    schema_config: {
      configs: [{ from: '2020-10-24', store: 'tsdb', object_store: 'filesystem', schema: 'v13', index }],
    },
    analytics: { reporting_enabled: false },
    ...more,
  };
  const file = join(directory, 'loki.json');
  writeFileSync(file, JSON.stringify(config));
  startShipper(t, loki, [`-config.file=${file}`]);
  const url = `http://127.0.0.1:${http}`;
  await until('Loki is ready', async () => (await fetch(`${url}/ready`)).ok, 90_000);
  return url;
}
