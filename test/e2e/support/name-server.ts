// The names of services for a cluster that has no DNS of its own, as a process: `node name-server.ts ADDRESS KUBECONFIG`. Answers for
// `[HOSTNAME.]SERVICE.NAMESPACE.svc.cluster.local`, and asks the API server each time.
import { createSocket } from 'node:dgram';
import { ApiException, CoreV1Api, KubeConfig } from '@kubernetes/client-node';

const [, , address = '', kubeconfig = ''] = process.argv;
const config = new KubeConfig();
config.loadFromFile(kubeconfig);
const api = config.makeApiClient(CoreV1Api);

/** Addresses of a name; undefined where there is no such name. */
async function addressesOf(full: string): Promise<string[] | undefined> {
  const [, hostname, name, namespace] = /^(?:([^.]+)\.)?([^.]+)\.([^.]+)\.svc\.cluster\.local$/.exec(full) ?? [];
  if (name === undefined || namespace === undefined) return undefined;
  try {
    const { spec } = await api.readNamespacedService({ name, namespace });
    if (spec?.clusterIP !== 'None') return hostname === undefined ? [spec?.clusterIP ?? ''] : undefined;
    const { subsets = [] } = await api.readNamespacedEndpoints({ name, namespace });
    const ready = subsets.flatMap(({ addresses = [] }) => addresses);
    const found = ready.filter((one) => hostname === undefined || one.hostname === hostname).map(({ ip }) => ip);
    return found.length > 0 ? found : undefined;
  } catch (error) {
    if (error instanceof ApiException && error.code === 404) return undefined;
    throw error;
  }
}

// RFC 1035: a header of 12 bytes, the question as it was asked, then the records, each with a pointer to the question's name.
const failed = 2;
const unknown = 3;
const addressType = 1;

function questionIn(packet: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = packet.readUInt8(at); length > 0; length = packet.readUInt8(at)) {
    labels.push(packet.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: packet.readUInt16BE(at + 1), end: at + 5 };
}

async function answer(packet: Buffer): Promise<Buffer> {
  const { name, type, end } = questionIn(packet);
  const found = await addressesOf(name).then(
    (addresses) => ({ addresses, code: addresses ? 0 : unknown }),
    (error: unknown) => {
      console.error(name, error);
      return { addresses: undefined, code: failed };
    },
  );
  const addresses = type === addressType ? (found.addresses ?? []) : [];
  const header = Buffer.alloc(12);
  packet.copy(header, 0, 0, 2);
  // An answer, of who knows, to one who may have wished for recursion.
  header.writeUInt16BE(0x8480 | (packet.readUInt16BE(2) & 0x0100) | found.code, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(addresses.length, 6);
  const records = addresses.map((one) =>
    Buffer.from([0xc0, 12, 0, addressType, 0, 1, 0, 0, 0, 5, 0, 4, ...one.split('.').map(Number)]),
  );
  return Buffer.concat([header, packet.subarray(12, end), ...records]);
}

const socket = createSocket('udp4');
socket.on('message', (packet, { port, address: from }) => {
  answer(packet).then(
    (bytes) => socket.send(bytes, port, from),
    (error: unknown) => console.error('no answer to', packet.toString('hex'), error),
  );
});
socket.bind(53, address, () => console.log('names are answered'));
