// Enforces the NetworkPolicies of a namespace on a node of a cluster whose network does not, as a process on the node:
// `node policy-agent.ts KUBECONFIG NAMESPACE`. Of policies it knows what ours say: ingress, from pods by their labels, to ports.
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CoreV1Api,
  KubeConfig,
  NetworkingV1Api,
  type V1LabelSelector,
  type V1NetworkPolicyIngressRule,
  type V1NetworkPolicyPeer,
  type V1Pod,
} from '@kubernetes/client-node';

const [, , kubeconfig = '', namespace = ''] = process.argv;
const chain = 'POLICY-AGENT';
const config = new KubeConfig();
config.loadFromFile(kubeconfig);
const core = config.makeApiClient(CoreV1Api);
const networking = config.makeApiClient(NetworkingV1Api);

const isEmpty = ({ matchLabels = {}, matchExpressions = [] }: V1LabelSelector) =>
  Object.keys(matchLabels).length + matchExpressions.length === 0;

function fits({ matchLabels = {}, matchExpressions = [] }: V1LabelSelector, labels: Record<string, string> = {}) {
  if (matchExpressions.length > 0) throw new Error('expressions are not known here');
  return Object.entries(matchLabels).every(([name, value]) => labels[name] === value);
}

function isPeer({ podSelector, namespaceSelector, ipBlock }: V1NetworkPolicyPeer, { metadata }: V1Pod): boolean {
  if (ipBlock || (namespaceSelector && !isEmpty(namespaceSelector))) throw new Error('this peer is not known here');
  return (
    (namespaceSelector !== undefined || metadata?.namespace === namespace) && fits(podSelector ?? {}, metadata?.labels)
  );
}

function portsOf({ ports }: V1NetworkPolicyIngressRule, { spec }: V1Pod): (number | undefined)[] {
  const own = spec?.containers.flatMap(({ ports = [] }) => ports) ?? [];
  const number = (name: string) => own.find((one) => one.name === name)?.containerPort;
  return ports?.map(({ port }) => (typeof port === 'string' ? number(port) : port)) ?? [undefined];
}

/** What iptables is to be told. The kubelet's own requests come from the node and pass by here, as with all such agents. */
function rulesFor(policies: Awaited<ReturnType<typeof read>>['policies'], pods: readonly V1Pod[]): string[] {
  const rules = ['-m conntrack --ctstate ESTABLISHED,RELATED -j RETURN'];
  const withAddress = pods.filter(({ status, spec }) => status?.podIP && !spec?.hostNetwork);
  for (const pod of withAddress.filter(({ metadata }) => metadata?.namespace === namespace)) {
    const own = policies.filter(({ spec }) => spec && fits(spec.podSelector ?? {}, pod.metadata?.labels));
    if (own.length === 0) continue;
    const to = `-d ${pod.status?.podIP}`;
    for (const rule of own.flatMap(({ spec }) => spec?.ingress ?? [])) {
      const peers = rule['_from'];
      for (const port of portsOf(rule, pod)) {
        const at = port === undefined ? to : `${to} -p tcp --dport ${port}`;
        const from = peers && withAddress.filter((one) => peers.some((peer) => isPeer(peer, one)));
        if (from === undefined) rules.push(`${at} -j RETURN`);
        else rules.push(...from.map(({ status }) => `-s ${status?.podIP} ${at} -j RETURN`));
      }
    }
    rules.push(`${to} -j REJECT`);
  }
  return rules;
}

async function read() {
  const { items: policies } = await networking.listNamespacedNetworkPolicy({ namespace });
  const { items: pods } = await core.listPodForAllNamespaces({ resourceVersion: '0' });
  return { policies, pods };
}

function tell(program: string, args: readonly string[], input = ''): void {
  const { status, stderr } = spawnSync(program, args, { input, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}

const restore = (rules: readonly string[]) =>
  tell(
    'iptables-restore',
    ['--noflush', '--wait'],
    ['*filter', `:${chain} - [0:0]`, ...rules.map((rule) => `-A ${chain} ${rule}`), 'COMMIT', ''].join('\n'),
  );

const ending = new AbortController();
process.on('SIGTERM', () => ending.abort());
let before = '';
while (!ending.signal.aborted) {
  const { policies, pods } = await read();
  const rules = rulesFor(policies, pods);
  if (rules.join() !== before) restore(rules);
  if (before === '') {
    tell('iptables', ['--wait', '-I', 'FORWARD', '-j', chain]);
    console.log('policies are enforced');
  }
  before = rules.join();
  await sleep(300);
}
tell('iptables', ['--wait', '-D', 'FORWARD', '-j', chain]);
tell('iptables', ['--wait', '-F', chain]);
tell('iptables', ['--wait', '-X', chain]);
