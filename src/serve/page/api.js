/** @import { Sent } from './entry.js' */
import { heard } from './clock.js';
import { credentials } from './credentials.js';

/**
 * @typedef {{ entries: Sent[], next: string | null, from: string, to: string }} Page
 * @typedef {{ time: string, by: Record<string, string>, count: number, bytes: number }} Count
 * @typedef {{ counts: Count[], step: string | null, from: string, to: string, more: boolean }} Counts
 * @typedef {{ series: Record<string, string>[], from: string, to: string, more: boolean }} SeriesList
 * @typedef {{ parameter: string, problem: string, help: string }} Problem
 */

/** Why there is no answer, in words for who asked. */
export class Refused extends Error {
  /**
   * @param {number} status 0 if the server could not be reached.
   * @param {string} message
   * @param {readonly Problem[]} problems
   */
  constructor(status, message, problems = []) {
    super(message);
    this.status = status;
    this.problems = problems;
  }
}

/** What happens when the server wants to know who asks; its detail is the challenge of the answer. */
export const denied = 'kube-log-watcher-denied';

/**
 * Asks the server, with what lets this one in. Throws `Refused`, or the reason of the abort.
 *
 * @param {string} path
 * @param {URLSearchParams} query
 * @param {{ signal: AbortSignal, headers?: Record<string, string> }} how
 */
export async function reach(path, query, { signal, headers = {} }) {
  const authorization = headers['authorization'] ?? credentials()?.authorization;
  const url = new URL(`${path}?${query.toString()}`, location.href);
  // From an address like http://name:password@host/ nothing could be asked: https://fetch.spec.whatwg.org/#dom-request
  url.username = '';
  url.password = '';
  let response;
  try {
    response = await fetch(url, {
      signal,
      // Lines of logs are not for the browser's disk.
      cache: 'no-store',
      // Tells the server that the page itself asks for a name and a password, not the browser.
      headers: { 'x-requested-with': 'fetch', ...(authorization !== undefined && { authorization }), ...headers },
    });
  } catch {
    signal.throwIfAborted();
    throw new Refused(0, 'The server can’t be reached.');
  }
  heard(response.headers.get('date'));
  if (response.ok) return response;
  // An answer that is late says nothing of what is sent now.
  if (response.status === 401 && authorization === credentials()?.authorization)
    dispatchEvent(new CustomEvent(denied, { detail: response.headers.get('www-authenticate') ?? '' }));
  throw await refusal(response);
}

/**
 * @param {string} path
 * @param {URLSearchParams} query
 * @param {AbortSignal} signal
 * @returns {Promise<unknown>}
 */
async function ask(path, query, signal) {
  const response = await reach(path, query, { signal, headers: { accept: 'application/json' } });
  try {
    return await response.json();
  } catch {
    signal.throwIfAborted();
    throw new Refused(0, 'The answer was cut off.');
  }
}

/** @type {Readonly<Record<number, string>>} */
const words = {
  401: 'The server wants to know who asks.',
  403: 'You may not read here.',
  404: 'This server has no such query.',
  429: 'The server has too many questions at once.',
  503: 'The server is not ready, or took too long for this question.',
};

/** @param {Response} response */
async function refusal(response) {
  const text = await response.text().catch(() => '');
  let said = /** @type {{ message?: unknown, detail?: unknown, problems?: Problem[] }} */ ({});
  try {
    said = JSON.parse(text) ?? {};
  } catch {
    // What stands between may answer in its own way.
  }
  const problems = Array.isArray(said.problems) ? said.problems : [];
  const detail = [said.message, said.detail].filter((one) => typeof one === 'string' && one !== '').join(': ');
  const plain = words[response.status] ?? `The server answered ${response.status}.`;
  return new Refused(response.status, detail === '' ? plain : `${plain.replace(/\.$/, '')} (${detail}).`, problems);
}

/**
 * @param {URLSearchParams} query
 * @param {AbortSignal} signal
 */
export async function search(query, signal) {
  return /** @type {Page} */ (await ask('api/search', query, signal));
}

/**
 * @param {URLSearchParams} query
 * @param {AbortSignal} signal
 */
export async function counts(query, signal) {
  return /** @type {Counts} */ (await ask('api/counts', query, signal));
}

/**
 * @param {URLSearchParams} query
 * @param {AbortSignal} signal
 */
export async function series(query, signal) {
  return /** @type {SeriesList} */ (await ask('api/series', query, signal));
}
