/** A configuration of a logging-agent in terms of our options; what has no meaning here is told. */
export interface Translated {
  values: Record<string, unknown>;
  unknown: string[];
}

/** True for the structure that a logging-agent reads. */
export function isOriginal(read: Readonly<Record<string, unknown>>): boolean {
  return ['agent', 'loki', 'httpServer'].some((key) => isMapping(read[key]));
}

/** `500ms`, `1m30s`, `1h`: a duration as Go writes it, in seconds; a number is nanoseconds there, but nobody means that. */
function seconds(text: unknown): number | undefined {
  if (typeof text === 'number') return text;
  if (typeof text !== 'string' || !/^([\d.]+(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  const units: Record<string, number> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };
  let sum = 0;
  for (const [, value, unit] of text.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g))
    sum += Number(value) * (units[unit ?? ''] ?? 0);
  return Number(sum.toPrecision(12));
}

type Reader = (value: unknown) => Record<string, unknown>;
const as =
  (name: string): Reader =>
  (value) => ({ [name]: value });
const duration =
  (name: string): Reader =>
  (value) => ({ [name]: seconds(value) ?? value });
const nothing: Reader = () => ({});
const sizes: Reader = (value) => (Number(value) > 0 ? {} : { 'batch-size': 0 });

/** By path of the key. Batch sizes in lines and channel sizes are bounded by bytes here. */
const keys: Readonly<Record<string, Reader>> = {
  'agent.logLevel': as('log-level'),
  'agent.outputPath': nothing,
  'agent.nodeName': as('node-name'),
  'agent.podName': as('own-pod-name'),
  'agent.namespace': as('own-namespace'),
  'agent.collection.interval': duration('interval'),
  'agent.collection.batchSize': sizes,
  'agent.collection.logChanSize': sizes,
  'agent.collection.maxLineLength': as('max-line'),
  'agent.collection.logPaths': as('paths'),
  'loki.url': as('url'),
  'loki.encoding': as('encoding'),
  'loki.labels': as('label-set'),
  'loki.batchwait': duration('batch-wait'),
  'loki.batchsize': as('batch-size'),
  'loki.timeout': duration('timeout'),
  'loki.tenant_id': as('tenant'),
  'loki.external_labels': as('external-labels'),
  'loki.headers': as('headers'),
  'loki.proxy_url': as('proxy'),
  'loki.drop_rate_limited_batches': nothing,
  'loki.backoff_config.min_period': duration('backoff-least'),
  'loki.backoff_config.max_period': duration('backoff-most'),
  // Records are not given up after so many; `--max-retries` is for those who want that.
  'loki.backoff_config.max_retries': nothing,
  'loki.basic_auth.username': as('user'),
  'loki.basic_auth.password': as('password'),
  'loki.basic_auth.password_file': as('password-file'),
  'loki.authorization.type': nothing,
  'loki.authorization.credentials': as('token'),
  'loki.authorization.credentials_file': as('token-file'),
  'loki.bearer_token': as('token'),
  'loki.bearer_token_file': as('token-file'),
  'loki.oauth2': as('oauth2'),
  'loki.tls_config.ca_file': as('ca-file'),
  'loki.tls_config.cert_file': as('cert-file'),
  'loki.tls_config.key_file': as('key-file'),
  'loki.tls_config.server_name': as('server-name'),
  'loki.tls_config.insecure_skip_verify': as('insecure'),
  'httpServer.address': as('status-address'),
  'httpServer.readTimeout': nothing,
  'httpServer.writeTimeout': nothing,
  'httpServer.idleTimeout': nothing,
};
const whole = ['loki.external_labels', 'loki.headers', 'agent.collection.logPaths'];

/** Reads a configuration of a logging-agent as it is. Without `loki.url` it writes on stdout, in its form. */
export function translate(read: Readonly<Record<string, unknown>>): Translated {
  const values: Record<string, unknown> = {};
  const unknown: string[] = [];
  const visit = (value: unknown, path: string) => {
    const reader = keys[path];
    if (reader) {
      if (value !== null && value !== undefined && value !== '') Object.assign(values, reader(value));
    } else if (isMapping(value) && !whole.includes(path)) {
      for (const [key, inner] of Object.entries(value)) visit(inner, path === '' ? key : `${path}.${key}`);
    } else if (value !== null) {
      unknown.push(path);
    }
  };
  visit(read, '');
  values['sink'] = values['url'] ? 'loki' : 'stdout';
  if (!values['url']) values['encoding'] ??= 'agent';
  values['paths'] ??= ['/var/log/containers/*.log'];
  return { values, unknown };
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
