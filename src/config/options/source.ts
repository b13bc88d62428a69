import { checkUrl } from '../check.ts';
import type { OptionTable } from '../option.ts';

/** Who is asked for the pods, and what else about them. */
export const sourceOptions = {
  'pod-source': {
    type: 'string',
    default: 'api',
    choices: ['api', 'kubelet', 'file'],
    describe: 'Who is asked for the pods of the node; with --pods it is the file',
  },
  pods: { type: 'string', describe: 'File of pods, as kubectl get pods -o json or -o yaml writes it' },
  'kube-url': {
    type: 'string',
    aliases: ['u'],
    check: checkUrl,
    describe: 'Address of the API server or of a proxy before it; no credentials are sent there',
  },
  kubeconfig: { type: 'string', variables: ['KUBECONFIG'], describe: 'The kubeconfig file' },
  context: { type: 'string', describe: 'The context of the kubeconfig file' },
  'kubelet-url': { type: 'string', check: checkUrl, describe: 'Address of the kubelet' },
  'kubelet-token-file': { type: 'string', describe: 'File with the token for the kubelet, read at each request' },
  'kubelet-ca-file': { type: 'string', describe: "File with the authority that signed the kubelet's certificate" },
  'kubelet-insecure': { type: 'boolean', default: false, describe: "Trusts any certificate of the kubelet's" },
  'namespace-labels': {
    type: 'boolean',
    default: false,
    describe: 'Reads labels of namespaces, and hints from their annotations; asks for a role of its own',
  },
  'node-labels': {
    type: 'boolean',
    default: false,
    describe: 'Reads the labels of the node; asks for a role of its own',
  },
} as const satisfies OptionTable;
