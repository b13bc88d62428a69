/** What a person likes, wherever they look: kept in this browser, not in the address. */
const key = 'kube-log-watcher';

/** @typedef {{ theme: '' | 'light' | 'dark', wrap: boolean, utc: boolean, fields: boolean, open: string[] }} Preferences */

/** @type {Preferences} */
const initial = { theme: '', wrap: false, utc: false, fields: true, open: ['namespace', 'container', 'stream'] };

/** @returns {Preferences} */
export function readPreferences() {
  try {
    /** @type {unknown} */
    const kept = JSON.parse(localStorage.getItem(key) ?? '{}');
    const known = Object.entries(Object(kept)).filter(
      ([name, value]) => name in initial && typeof value === typeof initial[/** @type {keyof Preferences} */ (name)],
    );
    const read = { ...initial, ...Object.fromEntries(known) };
    return { ...read, open: Array.isArray(read.open) ? read.open.map(String) : initial.open };
  } catch {
    // A browser may keep nothing.
    return { ...initial };
  }
}

/** @param {Preferences} preferences */
export function keepPreferences(preferences) {
  try {
    localStorage.setItem(key, JSON.stringify(preferences));
  } catch {
    // Then it holds until the page is left.
  }
}
