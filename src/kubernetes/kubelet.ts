import { readFile } from 'node:fs/promises';
import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Log } from '../system/log.ts';
import type { Metrics } from '../system/metrics.ts';
import type { Pod, PodSource } from './pod.ts';
import { toPod } from './to-pod.ts';

const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Pods from the node's own kubelet, asked every few seconds: nothing of it reaches the API server. */
export function podsFromKubelet(world: {
  /** As `https://[fd00::1]:10250`. */
  url: string;
  /** Read again for each request, since tokens rotate; the service account's if there are none. */
  tokenFile?: string;
  caFile?: string;
  insecure?: boolean;
  /** Milliseconds between two requests. */
  interval?: number;
  onChange(): void;
  log: Log;
  metrics: Pick<Metrics, 'podsSynced' | 'requests' | 'receivedBytes'>;
}): PodSource {
  const { url, insecure = false, interval = 5000, onChange, log, metrics } = world;
  const tokenFile = world.tokenFile ?? `${serviceAccount}/token`;
  const caFile = world.caFile ?? `${serviceAccount}/ca.crt`;
  let pods: readonly Pod[] = [];
  let synced = false;
  let error: string | undefined;
  let wake = new AbortController();

  const ask = async (signal: AbortSignal) => {
    const target = new URL('/pods', url);
    const secure = target.protocol === 'https:';
    const token = (await read(tokenFile, world.tokenFile !== undefined))?.trim();
    const ca = secure && !insecure ? await read(caFile, world.caFile !== undefined) : undefined;
    const headers = { accept: 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) };
    const call = (secure ? requestHttps : requestHttp)(target, { headers, ca, rejectUnauthorized: !insecure, signal });
    const answered = Promise.withResolvers<IncomingMessage>();
    call.on('response', answered.resolve).on('error', answered.reject).end();
    const response = await answered.promise;
    const code = response.statusCode ?? 0;
    metrics.requests.inc({ verb: 'list', code: String(code) });
    response.on('data', (chunk: Buffer) => metrics.receivedBytes.inc({ verb: 'list' }, chunk.length));
    if (code === 200) return (await json(response)) as { items?: unknown };
    response.resume();
    throw new Error(`the kubelet answered ${code}${code === 401 || code === 403 ? permission : ''}`);
  };

  const poll = async (signal: AbortSignal) => {
    try {
      const { items } = await ask(AbortSignal.any([signal, AbortSignal.timeout(10_000)]));
      if (!Array.isArray(items)) throw new Error('the kubelet answered something else than a list of pods');
      const next = items.flatMap((item) => toPod(item) ?? []);
      if (error !== undefined) log.info('the kubelet answers again');
      error = undefined;
      if (synced && isDeepStrictEqual(next, pods)) return;
      pods = next;
      synced = true;
      metrics.podsSynced.set(1);
      onChange();
    } catch (cause) {
      if (signal.aborted) return;
      const text = (cause as Error).message;
      if (text !== error)
        log.error('the kubelet could not be asked for pods; what it told before stays', { url, error: text });
      error = text;
    }
  };
  return {
    get synced() {
      return synced;
    },
    get error() {
      return error;
    },
    all: () => pods,
    relist: () => wake.abort(),
    async run(signal) {
      while (!signal.aborted) {
        await poll(signal);
        wake = new AbortController();
        await sleep(interval, undefined, { signal: AbortSignal.any([signal, wake.signal]) }).catch(() => undefined);
      }
    },
  };
}

// https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/#fine-grained-authorization
const permission =
  ': the service account needs get on nodes/pods (Kubernetes 1.33 and newer), or on nodes/proxy before';

async function read(path: string, required: boolean): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (!required && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${path} can't be read: ${(error as Error).message}`, { cause: error });
  }
}
