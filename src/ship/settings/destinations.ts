import { checkUrl } from '../../config/check.ts';
import { keepSecret } from '../../system/secrets.ts';
import type { OAuth2 } from '../http/authorization.ts';
import { text, texts, type FileValue } from './config-file.ts';
import type { Destination, SinkPlugin } from '../destination.ts';
import type { ShipValues } from '../options.ts';
import type { Security } from '../http/caller.ts';
import http from '../sinks/http.ts';
import loki from '../sinks/loki.ts';
import stdout from '../sinks/stdout.ts';

export const sinks: Readonly<Record<Destination['sink'], SinkPlugin>> = { loki, http, stdout };

/** Keys of the config file that are no options, since a secret does not belong on a command line. */
export const fileOnly = ['name', 'password', 'token', 'server-name', 'label-set', 'oauth2'];

/** A destination by its checked values and what the file says beside them; `index` is its place among several. */
export function destinationOf(
  values: ShipValues,
  extra: FileValue,
  index: number | undefined,
  problems: string[],
): Destination {
  const sink = (values.sink ?? (values.url ? 'loki' : 'stdout')) as Destination['sink'];
  const encoding = values.encoding ?? sinks[sink].encodings[0] ?? '';
  if (!sinks[sink].encodings.includes(encoding))
    problems.push(`\`--encoding\` is ${encoding}; ${sink} has ${sinks[sink].encodings.join(', ')}.`);
  if (sink !== 'stdout' && !values.url) problems.push(`\`--url\` (WATCHER_URL) is required: where ${sink} is.`);
  const headers = texts(values.headers);
  keepSecrets(extra, headers, [values.url, values.proxy]);
  const { user, 'password-file': passwordFile, 'token-file': tokenFile } = values;
  const token = text(extra['token']);
  const password = text(extra['password']);
  const original = extra['label-set'] === 'original';
  const external = { ...texts(values['external-labels']), ...(original && { app: 'logging-agent', level: 'info' }) };
  const tls = {
    caFile: values['ca-file'],
    certFile: values['cert-file'],
    keyFile: values['key-file'],
    serverName: text(extra['server-name']),
    insecure: values.insecure,
  };
  return {
    name: text(extra['name'])?.replaceAll(/[^\w.-]/g, '_') ?? (index === undefined ? sink : `${sink}-${index + 1}`),
    sink,
    encoding,
    connection: {
      url: values.url ?? '',
      headers,
      timeout: values.timeout * 1000,
      basic: user === undefined ? undefined : { user, passwordFile, password },
      bearer: tokenFile !== undefined || token !== undefined ? { tokenFile, token } : undefined,
      ...(extra['oauth2'] !== undefined && { oauth2: oauth2Of(extra['oauth2'], tls, values.proxy, problems) }),
      tls,
      proxy: values.proxy,
    },
    backoff: {
      least: values['backoff-least'] * 1000,
      most: values['backoff-most'] * 1000,
      retries: values['max-retries'],
    },
    batchSize: values['batch-size'],
    batchWait: values['batch-wait'] * 1000,
    tenant: values.tenant ?? '',
    labels: original ? ['node', 'source'] : values.labels,
    labelLimit: values['label-limit'],
    externalLabels: external,
    metadata: original ? [] : values.metadata,
    node: values['node-name'] ?? '',
    named: values.preset === 'loggy',
  };
}

/** What must never be logged of what was given in so many words. */
function keepSecrets(extra: FileValue, headers: Record<string, string>, urls: readonly (string | undefined)[]): void {
  for (const secret of [extra['password'], extra['token']]) if (typeof secret === 'string') keepSecret(secret);
  for (const [name, value] of Object.entries(headers))
    if (/auth|token|key|secret|cookie/i.test(name)) keepSecret(value);
  for (const url of urls) {
    const { username = '', password = '' } = URL.parse(url ?? '') ?? {};
    if (password === '') continue;
    const [user, plain] = [username, password].map(decodeURIComponent);
    for (const secret of [password, plain ?? '', Buffer.from(`${user}:${plain}`).toString('base64')])
      keepSecret(secret);
  }
}

/** The block `oauth2` of a Prometheus client: https://prometheus.io/docs/prometheus/latest/configuration/configuration/#oauth2 */
function oauth2Of(given: unknown, tls: Security, proxy: string | undefined, problems: string[]): OAuth2 {
  const block = (typeof given === 'object' && given !== null ? given : {}) as FileValue;
  const known = ['client_id', 'client_secret', 'client_secret_file', 'token_url', 'scopes', 'endpoint_params'];
  const more = ['tls_config', 'proxy_url'];
  for (const key of Object.keys(block))
    if (![...known, ...more].includes(key))
      problems.push(`\`oauth2.${key}\` is no option; there are ${known.join(', ')}.`);
  const [clientId, tokenUrl] = [text(block['client_id']), text(block['token_url'])];
  if (clientId === undefined) problems.push('`oauth2.client_id` is required.');
  const wrong = tokenUrl === undefined ? 'is required: where tokens are given out' : checkUrl(tokenUrl);
  if (wrong !== undefined) problems.push(`\`oauth2.token_url\` ${wrong}.`);
  const secret = text(block['client_secret']);
  if (secret !== undefined) keepSecret(secret);
  const own = block['tls_config'] as FileValue | undefined;
  return {
    clientId: clientId ?? '',
    secret,
    secretFile: text(block['client_secret_file']),
    tokenUrl: tokenUrl ?? '',
    scopes: Array.isArray(block['scopes']) ? block['scopes'].map(String) : [],
    params: texts(block['endpoint_params']),
    proxy: text(block['proxy_url']) ?? proxy,
    tls: own
      ? {
          caFile: text(own['ca_file']),
          certFile: text(own['cert_file']),
          keyFile: text(own['key_file']),
          serverName: text(own['server_name']),
          insecure: own['insecure_skip_verify'] === true,
        }
      : tls,
  };
}
