import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Entry } from '../../src/serve/store.ts';
import { openSqlite } from '../../src/serve/stores/sqlite.ts';
import { serving, type Serving } from './serving.ts';

/** A server over an empty SQLite store until the test is over. */
export async function stored(t: Pick<TestContext, 'after'>, argv: readonly string[] = []): Promise<Serving> {
  const directory = mkdtempSync(join(tmpdir(), 'stored-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return serving(t, await openSqlite({ directory, queue: 100_000 }), argv);
}

/** Nanoseconds since 1970 of the lines of these tests: 2026-01-02T03:04:05Z. */
export const base = 1_767_323_045_000_000_000n;

export const entry = (log: string, time = base, more: Partial<Entry> = {}): Entry => ({
  namespace: 'default',
  pod: 'web-0',
  container: 'web',
  stream: 'stdout',
  host: '',
  podId: '',
  dockerId: '',
  labels: {},
  metadata: {},
  ...more,
  time,
  log,
});

export type Parameters = Readonly<Record<string, string | readonly string[]>>;

/** Times around all lines of these tests. */
export const whole = { from: '2026-01-01T00:00:00Z', to: '2026-01-03T00:00:00Z' };

/** Asks with these parameters over the whole time, unless they tell another one. */
export async function ask(url: string, path: string, parameters: Parameters, headers: Record<string, string> = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...whole, ...parameters }))
    for (const one of [value].flat()) query.append(name, one);
  return fetch(`${url}${path}?${query.toString()}`, { headers });
}
