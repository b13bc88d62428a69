import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
export const root = join(import.meta.dirname, '../../..');
export const chart = join(root, 'manifests/helm/kube-log-watcher');

/** Helm of the path, of `.cache/bin`, or of the test bed; undefined where there is none. */
export const helm = [
  'helm',
  join(root, '.cache/bin/helm'),
  join(process.env['TESTBED_HOME'] ?? '/var/cache/k8s-testbed', 'bin/helm'),
].find((path) => (path === 'helm' || existsSync(path)) && spawnSync(path, ['version']).status === 0);

export async function runHelm(...args: string[]): Promise<string> {
  if (helm === undefined) throw new Error('there is no helm');
  const { stdout } = await run(helm, args, { maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

/** What the chart gives with these values, each as `--set` takes it. */
export function template(values: readonly string[] = [], more: readonly string[] = []): Promise<string> {
  const sets = values.flatMap((value) => ['--set', value]);
  return runHelm('template', 'logs', chart, '--namespace', 'logging', ...sets, ...more);
}
