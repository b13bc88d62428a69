import { root, runHelm, chart } from './helm.ts';
import manifest from '../../../package.json' with { type: 'json' };
import type { Testbed } from './testbed.ts';
import { until } from './until.ts';

/** A line that serve has, and which pod wrote it. */
export interface Stored {
  pod: string;
  container: string;
  log: string;
}

/** Where the chart is installed, under the name of its namespace. */
export interface Release {
  upgrade(more?: readonly string[]): Promise<void>;
  /** All lines of the namespace's pods whose names begin so. */
  lines(pods: string): Promise<Stored[]>;
  /** Waits until as many lines of these pods are there. */
  arrived(pods: string, count: number): Promise<Stored[]>;
  test(): Promise<string>;
  uninstall(): Promise<void>;
}

/** Builds the image into the nodes and names it. */
export async function buildImage(testbed: Testbed): Promise<string> {
  const name = `kube-log-watcher:${manifest.version}`;
  await testbed.script('image', 'build', root, name);
  return name;
}

/**
 * Installs the chart. A node of the test bed has a /var/log of its own and nothing else, and pods don't resolve names: so
 * the state goes there, and serve gets an address that is known before.
 */
export function createRelease(testbed: Testbed, namespace: string, clusterIP: string): Release {
  const base = [
    `fullnameOverride=${namespace}`,
    'serve.persistence.enabled=false',
    `serve.service.clusterIP=${clusterIP}`,
    `shippers.ship.url=http://${clusterIP}:8080/loki/api/v1/push`,
    `watch.statePath=/var/log/${namespace}`,
  ];
  const options = ['--namespace', namespace, '--kubeconfig', testbed.kubeconfig()];
  const ask = async (path: string, pods: string): Promise<string> => {
    const query = new URLSearchParams({ namespace, match: `pod=~${pods}.*`, from: '6h' });
    const url = `http://${clusterIP}:8080${path}?${query.toString()}`;
    const { code, stdout, stderr } = await testbed.run('docker', ['curl', '-sSf', url]);
    if (code !== 0) throw new Error(`serve does not answer: ${stderr}`);
    return stdout;
  };
  const lines = async (pods: string): Promise<Stored[]> => {
    const all = (await ask('/api/export', pods)).split('\n').filter(Boolean);
    return all.map((line) => JSON.parse(line) as Stored);
  };
  return {
    async upgrade(more = []) {
      const sets = [...base, ...more].flatMap((value) => ['--set', value]);
      await runHelm('upgrade', '--install', 'logs', chart, ...options, ...sets, '--wait', '--timeout', '300s');
    },
    lines,
    async arrived(pods, count) {
      await until(
        `${count} lines of ${pods}`,
        async () => {
          const { counts } = JSON.parse(await ask('/api/counts', pods)) as { counts: { count: number }[] };
          return counts.reduce((sum, one) => sum + one.count, 0) >= count;
        },
        300,
      );
      return lines(pods);
    },
    test: () => runHelm('test', 'logs', ...options, '--logs'),
    async uninstall() {
      await runHelm('uninstall', 'logs', ...options, '--wait', '--timeout', '120s');
      const state = [`/var/log/${namespace}`, `/var/log/${namespace}-ship`];
      for (const node of ['docker', 'containerd']) await testbed.run(node, ['rm', '-rf', ...state]);
    },
  };
}
