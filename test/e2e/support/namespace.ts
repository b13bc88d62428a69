import { writeFile } from 'node:fs/promises';
import { createAccount } from './account.ts';
import type { Testbed } from './testbed.ts';
import { until } from './until.ts';

/** Makes a namespace with the project's account and role, ready for pods; the account's kubeconfig goes to a file. */
export async function createNamespace(testbed: Testbed, namespace: string, kubeconfig: string): Promise<void> {
  await testbed.kubectl(['create', 'namespace', namespace]);
  await writeFile(kubeconfig, await createAccount(testbed, namespace), { mode: 0o600 });
  await until('the account that pods run as', async () => {
    type List = { items: { metadata: { name: string } }[] };
    const { items } = await testbed.kubectlJson<List>('get', 'serviceaccounts', '-n', namespace);
    return items.some(({ metadata }) => metadata.name === 'default');
  });
}

/** Removes it, also where the API server was stopped, and closes the testbed. */
export async function removeNamespace(testbed: Testbed, namespace: string): Promise<void> {
  await testbed.up();
  await testbed.kubectl(['delete', 'clusterrolebinding,clusterrole', namespace]);
  await testbed.kubectl(['delete', 'namespace', namespace, '--wait=false']);
  await testbed.close();
}
