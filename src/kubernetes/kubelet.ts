import { readFile } from 'node:fs/promises';
import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../system/log.ts';
import type { Metrics } from '../system/metrics.ts';
import { createShelf } from './list-watch.ts';
import type { Pod, PodSource } from './pod.ts';
import { toPod } from './to-pod.ts';

const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Pods from the node's own kubelet, asked every few seconds: nothing of it reaches the API server. */
export function podsFromKubelet(world: {
  /** As `https://[fd00::1]:10250`; a path in it is kept. */
  url: string;
  /** Read again for each request, since tokens rotate; the service account's if there are none. */
  tokenFile?: string;
  caFile?: string;
  insecure?: boolean;
  /** Milliseconds between two requests. */
  interval?: number;
  /** Milliseconds until an answer must be complete. */
  patience?: number;
  onChange(): void;
  log: Log;
  metrics: Pick<Metrics, 'podsSynced' | 'requests' | 'receivedBytes'>;
}): PodSource {
  const { insecure = false, interval = 5000, patience = 10_000, onChange, log, metrics } = world;
  const target = new URL(world.url);
  target.pathname = `${target.pathname.replace(/\/+$/, '')}/pods`;
  const secure = target.protocol === 'https:';
  const tokenFile = world.tokenFile ?? `${serviceAccount}/token`;
  const caFile = world.caFile ?? `${serviceAccount}/ca.crt`;
  // The kubelet lists its pods in any order, so they are compared by uid.
  const shelf = createShelf<Pod>();
  let synced = false;
  let error: string | undefined;
  let wake = new AbortController();

  const ask = async (signal: AbortSignal) => {
    const token = (await read(tokenFile, world.tokenFile !== undefined))?.trim();
    const ca = secure && !insecure ? await read(caFile, world.caFile !== undefined) : undefined;
    const headers = { accept: 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) };
    const call = (secure ? requestHttps : requestHttp)(target, { headers, ca, rejectUnauthorized: !insecure, signal });
    const answered = Promise.withResolvers<IncomingMessage>();
    call.on('response', answered.resolve).on('error', answered.reject).end();
    const response = await answered.promise.catch((error: unknown) => {
      metrics.requests.inc({ verb: 'list', code: '0', resource: 'pods' });
      throw error;
    });
    const code = response.statusCode ?? 0;
    metrics.requests.inc({ verb: 'list', code: String(code), resource: 'pods' });
    response.on('data', (chunk: Buffer) => metrics.receivedBytes.inc({ verb: 'list', resource: 'pods' }, chunk.length));
    if (code === 200) return itemsOf(await text(response));
    response.destroy();
    throw new Error(`the kubelet answered ${code}${code === 401 || code === 403 ? permission : ''}`);
  };

  const poll = async (signal: AbortSignal) => {
    const late = AbortSignal.timeout(patience);
    try {
      const pods = (await ask(AbortSignal.any([signal, late]))).flatMap((item) => toPod(item) ?? []);
      if (error !== undefined) log.info('the kubelet answers again', { kubelet: target.host });
      error = undefined;
      const changed = shelf.replace(new Map(pods.map((pod) => [pod.uid, pod])));
      if (synced && !changed) return;
    } catch (cause) {
      if (signal.aborted) return;
      const { message, code } = cause as NodeJS.ErrnoException;
      // A name with several addresses fails with a code and no message.
      const why = late.aborted ? `no complete answer within ${patience / 1000} s` : message || String(code);
      if (why !== error)
        log.error('the kubelet could not be asked for pods; what it told before stays', {
          kubelet: target.host,
          error: why,
        });
      error = why;
      return;
    }
    synced = true;
    metrics.podsSynced.set(1);
    onChange();
  };
  return {
    get synced() {
      return synced;
    },
    get error() {
      return error;
    },
    all: shelf.all,
    relist: () => wake.abort(),
    async run(signal) {
      while (!signal.aborted) {
        wake = new AbortController();
        await poll(signal);
        await sleep(interval, undefined, { signal: AbortSignal.any([signal, wake.signal]) }).catch(() => undefined);
      }
    },
  };
}

// https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/#fine-grained-authorization
const permission =
  ': the service account needs get on nodes/pods (Kubernetes 1.33 and newer), or on nodes/proxy before';

function itemsOf(body: string): unknown[] {
  let list: { items?: unknown } | null;
  try {
    list = JSON.parse(body) as typeof list;
  } catch {
    // The parser's own message quotes what strangers wrote.
    throw new Error('the kubelet answered something else than JSON');
  }
  if (!Array.isArray(list?.items)) throw new Error('the kubelet answered something else than a list of pods');
  return list.items as unknown[];
}

async function read(path: string, required: boolean): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (!required && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${path} can't be read: ${(error as Error).message}`, { cause: error });
  }
}
