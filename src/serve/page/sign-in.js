import { denied, reach, Refused } from './api.js';
import { credentials, forgetCredentials, keepCredentials, ofToken, ofUser } from './credentials.js';
import { h } from './element.js';

/** @typedef {import('./credentials.js').Credentials} Credentials */
/** @typedef {'user' | 'token'} Kind */

/** @type {readonly [Kind, string][]} */
const kinds = [
  ['user', 'Name and password'],
  ['token', 'Token'],
];

/**
 * Asks who is there when the server wants to know.
 *
 * @param {{ dialog: HTMLDialogElement, out: HTMLElement }} parts `out`: the button that signs out.
 * @param {() => void} done Someone else is there now.
 */
export function createSignIn({ dialog, out }, done) {
  /** @type {readonly Kind[]} */
  let asked = ['user', 'token'];
  /** @type {Kind} */
  let kind = 'user';
  let controller = new AbortController();

  function show() {
    const known = credentials();
    out.hidden = known === undefined;
    out.title = known?.name ? `Sign out ${known.name}` : 'Sign out';
  }

  /** @param {string} [wrong] @param {string} [name] */
  function draw(wrong = '', name = credentials()?.name ?? '') {
    // What is tried still is no longer what stands there.
    controller.abort(new Error('another try'));
    const choice = h(
      'div',
      { class: 'choice', role: 'group', 'aria-label': 'Sign in with' },
      ...kinds.map(([one, text]) => {
        const onclick = () => {
          kind = one;
          draw();
        };
        return h('button', { type: 'button', 'aria-pressed': String(one === kind), onclick }, text);
      }),
    );
    const user = field('Name', { type: 'text', autocomplete: 'username', value: name });
    const secret =
      kind === 'user'
        ? field('Password', { type: 'password', autocomplete: 'current-password' })
        : field('Token', { type: 'password', autocomplete: 'off' });
    const button = h('button', { type: 'submit', class: 'main' }, 'Sign in');
    /** @param {Event} event */
    const onsubmit = (event) => {
      event.preventDefault();
      const given = kind === 'user' ? ofUser(user.input.value, secret.input.value) : ofToken(secret.input.value);
      if (!given) return draw('This is no token: it has letters that none has.');
      button.disabled = true;
      void enter(given).then((wrong) => wrong !== undefined && draw(wrong, user.input.value));
    };
    dialog.replaceChildren(
      h(
        'form',
        { class: 'sign-in', onsubmit },
        h('h2', { id: 'sign-in-title' }, 'Sign in'),
        asked.length > 1 && choice,
        kind === 'user' && user.label,
        secret.label,
        h('p', { class: 'problem', role: 'alert' }, wrong),
        h('p', { class: 'dim' }, 'Kept in this tab, until it is closed or you sign out.'),
        !isSecureContext &&
          h(
            'p',
            { class: 'warning' },
            'Nothing is encrypted on the way to this server: others may read what you send.',
          ),
        h('div', { class: 'ways' }, h('button', { type: 'button', onclick: () => dialog.close() }, 'Not now'), button),
      ),
    );
    (kind === 'user' && user.input.value === '' ? user : secret).input.focus();
  }

  /** Keeps what was given if it lets in, and closes; gives what is wrong with it, if someone still waits for that. @param {Credentials} given */
  async function enter(given) {
    controller = new AbortController();
    const { signal } = controller;
    const { authorization } = given;
    try {
      await reach('loki/api/v1/status/buildinfo', new URLSearchParams(), { signal, headers: { authorization } });
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof Refused) || error.status !== 401) return error instanceof Error ? error.message : '';
      return authorization.startsWith('Basic') ? 'Wrong name or password.' : 'The server doesn’t know this token.';
    }
    keepCredentials(given);
    show();
    done();
    dialog.close();
    return undefined;
  }

  addEventListener(denied, (event) => {
    if (dialog.open || !(event instanceof CustomEvent)) return;
    const challenge = String(event.detail);
    const told = kinds.flatMap(([one]) =>
      (one === 'token' ? /\bbearer\b/i : /basic\b/i).test(challenge) ? [one] : [],
    );
    asked = told.length > 0 ? told : ['user', 'token'];
    if (!asked.includes(kind)) kind = asked[0] ?? 'user';
    dialog.showModal();
    draw(credentials() ? 'You are no longer let in with what you gave.' : '');
  });
  dialog.addEventListener('close', () => {
    // It may be open again already.
    if (dialog.open) return;
    controller.abort(new Error('closed'));
    // Nothing secret stays in the document.
    dialog.replaceChildren();
  });
  out.addEventListener('click', () => {
    forgetCredentials();
    // All that was read goes too.
    location.reload();
  });
  show();
}

/** @param {string} text @param {Record<string, string>} attributes */
function field(text, attributes) {
  const input = h('input', {
    required: true,
    autocapitalize: 'off',
    spellcheck: 'false',
    name: text.toLowerCase(),
    ...attributes,
  });
  return { input, label: h('label', {}, text, input) };
}
