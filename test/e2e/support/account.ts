import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Testbed } from './testbed.ts';
import { until } from './until.ts';

interface Manifest {
  kind: string;
  metadata: { name: string; namespace?: string };
  roleRef?: { name: string };
  subjects?: { namespace: string }[];
}

interface Endpoints {
  subsets: [{ addresses: [{ ip: string }]; ports: [{ port: number }] }];
}

export const accountName = 'kube-log-watcher';

/**
 * Gives the account and the role of the project's manifests to a namespace, the roles under the namespace's name. The
 * kubeconfig with the account's token, for use on a node. `more` are further files with roles.
 */
export async function createAccount(
  testbed: Testbed,
  namespace: string,
  more: readonly string[] = [],
): Promise<string> {
  const manifests = await readManifests(['rbac.yaml', ...more], namespace);
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/service-account-token',
    metadata: { name: 'token', namespace, annotations: { 'kubernetes.io/service-account.name': accountName } },
  };
  const items = [...manifests, secret];
  await testbed.kubectl(['apply', '-f', '-'], { apiVersion: 'v1', kind: 'List', items });

  const token = await until('the token of the account', async () => {
    const { data } = await testbed.kubectlJson<{ data?: { token?: string } }>('get', 'secret/token', '-n', namespace);
    return data?.token;
  });
  // The API server's own address: the one that the administrator uses need not lead there from a node.
  const { subsets } = await testbed.kubectlJson<Endpoints>('get', 'endpoints/kubernetes', '-n', 'default');
  const [{ addresses, ports }] = subsets;
  const admin = await testbed.kubectlJson<{
    clusters: [{ cluster: { 'certificate-authority-data': string } }];
  }>('config', 'view', '--raw', '--minify');
  const authority = admin.clusters[0].cluster['certificate-authority-data'];
  const server = `https://${addresses[0].ip}:${ports[0].port}`;
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'e2e',
    clusters: [{ name: 'e2e', cluster: { server, 'certificate-authority-data': authority } }],
    users: [{ name: 'watcher', user: { token: Buffer.from(token, 'base64').toString() } }],
    contexts: [{ name: 'e2e', context: { cluster: 'e2e', user: 'watcher' } }],
  });
}

/** What the files below `manifests/watch` hold, for another namespace. */
export async function readManifests(files: readonly string[], namespace: string): Promise<Manifest[]> {
  const directory = join(import.meta.dirname, '..', '..', '..', 'manifests', 'watch');
  const texts = await Promise.all(files.map((file) => readFile(join(directory, file), 'utf8')));
  const documents = texts.flatMap((text) => [...parseAllDocuments(text)]);
  return documents.map((document) => moved(document.toJS() as Manifest, namespace));
}

function moved(manifest: Manifest, namespace: string): Manifest {
  const { metadata, roleRef, subjects = [] } = manifest;
  const renamed = (name: string) => name.replace(accountName, namespace);
  if (metadata.namespace) metadata.namespace = namespace;
  else metadata.name = renamed(metadata.name);
  if (roleRef) roleRef.name = renamed(roleRef.name);
  for (const subject of subjects) subject.namespace = namespace;
  return manifest;
}
