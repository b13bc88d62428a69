/**
 * What is looked at; all of it stands in the address, so that a link shows the same to whom it is sent.
 *
 * @typedef {object} State
 * @property {string} q The expression of the search box.
 * @property {Filter[]} filters At most one for each name and operator.
 * @property {string} from How long ago, as `1h`, or an RFC 3339 time.
 * @property {string} to As `from`, or `now`.
 * @property {'newest' | 'oldest'} order What stands on top.
 * @property {'' | 'lines' | 'streams'} view Empty: the streams while nothing is searched, else the lines.
 * @property {string} by The name whose values colour the histogram; empty: what there is.
 * @property {boolean} live
 * @property {string} at The time of the line that is looked at among its neighbours; empty for none.
 * @property {string} line The cursor of that line.
 */

/**
 * @typedef {object} Filter
 * @property {string} name
 * @property {'=' | '!='} op
 * @property {string[]} values `=`: one of them; `!=`: none of them. The empty one means that the name is lacking.
 */

/** @type {Readonly<State>} */
export const initial = {
  q: '',
  filters: [],
  from: '1h',
  to: 'now',
  order: 'newest',
  view: '',
  by: '',
  live: false,
  at: '',
  line: '',
};

const texts = /** @type {const} */ (['q', 'from', 'to', 'by', 'at', 'line']);

/**
 * Reads the part of an address behind its question mark. What isn't known is left out.
 *
 * @param {string} search
 * @returns {State}
 */
export function readState(search) {
  const query = new URLSearchParams(search);
  const state = { ...initial, filters: /** @type {Filter[]} */ ([]) };
  for (const name of texts) state[name] = query.get(name) || initial[name];
  for (const [key, value] of query) {
    const at = value.indexOf('=');
    if ((key !== 'is' && key !== 'not') || at < 1) continue;
    state.filters = withValue(state.filters, value.slice(0, at), key === 'is' ? '=' : '!=', value.slice(at + 1));
  }
  if (query.get('order') === 'oldest') state.order = 'oldest';
  const view = query.get('view');
  if (view === 'lines' || view === 'streams') state.view = view;
  state.live = query.get('live') === '1';
  return state;
}

/**
 * The address of a state, relative to the page.
 *
 * @param {State} state
 */
export function writeState(state) {
  const query = new URLSearchParams();
  for (const name of texts) if (state[name] !== initial[name]) query.append(name, state[name]);
  for (const { name, op, values } of state.filters)
    for (const value of values) query.append(op === '=' ? 'is' : 'not', `${name}=${value}`);
  if (state.order !== initial.order) query.append('order', state.order);
  if (state.view !== '') query.append('view', state.view);
  if (state.live) query.append('live', '1');
  const text = query.toString();
  return text === '' ? './' : `?${text}`;
}

/** @param {State} state */
export const viewOf = ({ view, q, filters, live, at }) =>
  view || (q.trim() === '' && filters.length === 0 && !live && at === '' ? 'streams' : 'lines');

/**
 * @param {readonly Filter[]} filters
 * @param {string} name
 * @param {'=' | '!='} op
 * @param {string} value
 * @returns {Filter[]}
 */
export function withValue(filters, name, op, value) {
  const rest = withoutValue(filters, name, value);
  const same = rest.find((one) => one.name === name && one.op === op);
  if (!same) return [...rest, { name, op, values: [value] }];
  return rest.map((one) => (one === same ? { ...one, values: [...one.values, value] } : one));
}

/**
 * @param {readonly Filter[]} filters
 * @param {string} name
 * @param {string} value
 * @returns {Filter[]}
 */
export const withoutValue = (filters, name, value) =>
  filters
    .map((one) => (one.name === name ? { ...one, values: one.values.filter((known) => known !== value) } : one))
    .filter(({ values }) => values.length > 0);

/**
 * Only this value of the name, whatever was chosen of it before.
 *
 * @param {readonly Filter[]} filters
 * @param {string} name
 * @param {string} value
 * @returns {Filter[]}
 */
export const onlyValue = (filters, name, value) => [
  ...filters.filter((one) => one.name !== name),
  { name, op: '=', values: [value] },
];
