/**
 * What lets someone in: kept for this tab, until it is closed or they sign out. The address of the page is part of the
 * key, since behind one name there may be servers that are not to be told each other's secrets.
 *
 * @typedef {{ authorization: string, name: string }} Credentials `name`: the user's; empty for a token.
 */
const key = () => `kube-log-watcher ${new URL('.', location.href).pathname}`;

/** Where a browser keeps nothing they last until the page is left. @type {Credentials | undefined} */
let held;

/** @returns {Credentials | undefined} */
export function credentials() {
  try {
    const { authorization, name } = Object(JSON.parse(sessionStorage.getItem(key()) ?? 'null'));
    if (typeof authorization === 'string') return { authorization, name: String(name ?? '') };
  } catch {
    // As if nothing were kept.
  }
  return held;
}

/** @param {Credentials} given */
export function keepCredentials(given) {
  held = given;
  try {
    sessionStorage.setItem(key(), JSON.stringify(given));
  } catch {
    // `held` has it.
  }
}

export function forgetCredentials() {
  held = undefined;
  try {
    sessionStorage.removeItem(key());
  } catch {
    // Nothing was kept.
  }
}

/** A token as someone has copied it; undefined for what is none. @param {string} typed @returns {Credentials | undefined} */
export function ofToken(typed) {
  const token = typed.trim().replace(/^(authorization:\s*)?bearer\s+/i, '');
  return /^[\u0021-\u007e]+$/.test(token) ? { authorization: `Bearer ${token}`, name: '' } : undefined;
}

/** @param {string} name @param {string} password @returns {Credentials} */
export function ofUser(name, password) {
  const bytes = new TextEncoder().encode(`${name}:${password}`);
  return { authorization: `Basic ${btoa(String.fromCharCode(...bytes))}`, name };
}
