/**
 * An entry as the server sends it.
 *
 * @typedef {object} Sent
 * @property {string} time
 * @property {string} log
 * @property {string} cursor
 * @property {string} [namespace]
 * @property {string} [pod]
 * @property {string} [container]
 * @property {string} [stream]
 * @property {string} [host]
 * @property {string} [pod_id]
 * @property {string} [docker_id]
 * @property {Record<string, string>} [labels]
 * @property {Record<string, string>} [metadata]
 */

/**
 * Where lines come from: one object for all of them, so that a line more costs its text and little else.
 *
 * @typedef {object} Source
 * @property {[string, string][]} fields By name; fields of the entry before its labels.
 * @property {number} own How many of them are fields of the entry.
 * @property {string} title In short, as `web-0/nginx`.
 * @property {string} stream
 * @property {string} level
 * @property {number} hue 0 to 359, the same for the same pod.
 */

/**
 * @typedef {object} Entry
 * @property {string} time RFC 3339 with all its digits.
 * @property {number} ms
 * @property {string} log
 * @property {string} cursor
 * @property {Source} source
 * @property {Record<string, string> | undefined} metadata
 */

export const fieldNames = /** @type {const} */ ([
  'namespace',
  'pod',
  'container',
  'stream',
  'host',
  'pod_id',
  'docker_id',
]);

export const levelNames = ['level', 'severity', 'detected_level', 'log_level', 'lvl'];

/** Names that tell best what a line without a pod comes from, the best first. */
const telling = ['service_name', 'service', 'app', 'app.kubernetes.io/name', 'job', 'unit', 'path', 'filename', 'file'];

/** Makes entries of one search, which share their sources. */
export function createReader() {
  /** @type {Map<string, Source>} */
  const sources = new Map();
  /** @param {Sent} sent @returns {Entry} */
  return (sent) => {
    const { time, log, cursor, labels, metadata } = sent;
    const key = JSON.stringify([...fieldNames.map((name) => sent[name]), labels]);
    let source = sources.get(key);
    if (!source) {
      source = sourceOf(sent);
      sources.set(key, source);
    }
    return { time, ms: Date.parse(time), log, cursor, source, metadata };
  };
}

/** @param {Sent} sent @returns {Source} */
function sourceOf(sent) {
  const labels = sent.labels ?? {};
  /** @type {[string, string][]} */
  const fields = [];
  for (const name of fieldNames) if (sent[name]) fields.push([name, sent[name]]);
  const own = fields.length;
  fields.push(...Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const level = levelNames.find((name) => labels[name]);
  const title = titleOf(Object.fromEntries(fields));
  return {
    fields,
    own,
    title,
    stream: sent.stream ?? '',
    level: level ? (labels[level] ?? '') : '',
    hue: hueOf(title),
  };
}

/**
 * A short name for a source, of what it has.
 *
 * @param {Readonly<Record<string, string | undefined>>} of
 */
export function titleOf(of) {
  if (of['pod']) return of['container'] ? `${of['pod']}/${of['container']}` : of['pod'];
  const name = telling.find((name) => of[name]);
  if (name !== undefined) return of[name] ?? '';
  const first = Object.entries(of).find(([name, value]) => value && name !== 'stream');
  return first ? `${first[0]}=${first[1]}` : '–';
}

/** @param {string} text */
export function hueOf(text) {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = (hash * 31 + text.charCodeAt(at)) >>> 0;
  // By the golden angle, so that names that differ by one letter differ in colour.
  return Math.floor((hash * 137.508) % 360);
}
