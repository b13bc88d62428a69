/** @import { Sent } from './entry.js' */

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

/**
 * Asks the server. Throws `Refused`, or the reason of the abort.
 *
 * @param {string} path
 * @param {URLSearchParams} query
 * @param {AbortSignal} signal
 * @returns {Promise<unknown>}
 */
async function ask(path, query, signal) {
  let response;
  try {
    response = await fetch(`${path}?${query.toString()}`, { signal, headers: { accept: 'application/json' } });
    if (response.ok) return await response.json();
  } catch {
    signal.throwIfAborted();
    throw new Refused(0, response ? 'The answer was cut off.' : 'The server can’t be reached.');
  }
  throw await refusal(response);
}

/** @type {Readonly<Record<number, string>>} */
const words = {
  401: 'The server asks for a name and a password. Load the page again to give them.',
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
