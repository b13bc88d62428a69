import { json } from 'node:stream/consumers';
import type { Connection } from '../../kubernetes/connection.ts';
import { list, map, type Raw } from '../../kubernetes/raw.ts';
import { features, type FeatureName } from '../../kubernetes/rbac.ts';
import { fail, ok, warn, type Finding } from './finding.ts';

const reviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const mostSkew = 60;

/** Whether the API server answers, gives the rights that the features need and not the greatest ones, and knows the node. */
export async function checkCluster(
  connection: Connection,
  { wanted, node, now, signal }: { wanted: readonly FeatureName[]; node: string; now(): number; signal: AbortSignal },
): Promise<Finding[]> {
  const found: Finding[] = [];
  const may = async (resource: string, verb: string) => {
    const [name, subresource] = resource.split('/');
    const spec = { resourceAttributes: { group: '', resource: name, subresource, verb } };
    const asked = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec };
    const response = await connection.post(reviews, asked, signal);
    const { statusCode = 0 } = response;
    const answer = map(await json(response).catch(() => undefined));
    if (statusCode !== 201 && statusCode !== 200) throw new Error(`the API server answered ${statusCode}`);
    return map(answer['status'])['allowed'] === true;
  };
  for (const feature of wanted)
    for (const { resources, verbs } of features[feature].rules)
      for (const resource of resources)
        for (const verb of verbs) {
          const name = `right to ${verb} ${resource}`;
          const fix = `kube-log-watcher rbac ${feature} | kubectl apply -f -`;
          found.push((await may(resource, verb)) ? ok(name, 'is given') : fail(name, 'is not given', fix));
        }
  if (await may('secrets', 'list')) {
    const fix = 'give it an account of its own, with the roles of `kube-log-watcher rbac`';
    found.push(warn('rights', 'the account may read all secrets of the cluster, which nothing here needs', fix));
  }
  if (wanted.includes('pods') && found.every(({ state }) => state !== 'fail'))
    found.push(...(await checkNode(connection, node, now, signal)));
  return found;
}

async function checkNode(
  connection: Connection,
  node: string,
  now: () => number,
  signal: AbortSignal,
): Promise<Finding[]> {
  const query = { fieldSelector: `spec.nodeName=${node}`, resourceVersion: '0', limit: '500' };
  const response = await connection.get('/api/v1/pods', query, signal);
  const pods: Raw[] = list(map(await json(response))['items']);
  const name = `node ${node}`;
  const fix = 'set CLUSTER_NODE_NAME from spec.nodeName of the downward API';
  const known =
    pods.length > 0 ? ok(name, `${pods.length} pods`) : warn(name, 'the API server knows no pod of it', fix);
  const skew = Math.round((now() - Date.parse(response.headers.date ?? '')) / 1000);
  if (!(Math.abs(skew) > mostSkew)) return [known];
  return [known, warn('clock', `${skew} s from the clock of the API server`, 'set the clock of the node, say by NTP')];
}
