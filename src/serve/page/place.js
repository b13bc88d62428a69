/** @import { Filter, State } from './state.js' */
import { readState, writeState } from './state.js';
import { duration } from './time.js';

/**
 * The state in the address of the page, and ways to others. Links that are marked with `data-go` lead to another state
 * without loading the page again.
 *
 * @param {() => void} arrived
 */
export function createPlace(arrived) {
  let state = readState(location.search);
  /** On the way back. */
  let leaving = false;

  /** Goes on to another state, which gets its place in the history. @param {Partial<State>} change */
  function go(change) {
    // The neighbours of a line are left with whatever else is asked for.
    const next = { ...state, at: '', line: '', ...change };
    if (next.live && (next.to !== 'now' || duration(next.from) === undefined))
      Object.assign(next, { from: '1h', to: 'now' });
    const address = writeState(next);
    if (address !== writeState(state)) history.pushState('inside', '', address);
    state = next;
    leaving = false;
    arrived();
  }

  addEventListener('popstate', () => {
    state = readState(location.search);
    leaving = false;
    arrived();
  });
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a[data-go]') : undefined;
    const elsewhere = event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey;
    if (!(link instanceof HTMLAnchorElement) || elsewhere) return;
    event.preventDefault();
    go(readState(new URL(link.href).search));
  });

  return {
    state: () => state,
    go,
    /** @param {(filters: Filter[]) => Filter[]} change */
    filter: (change) => go({ filters: change(state.filters) }),
    /** Leaves the neighbours of a line: back to where they were asked for, if that was here. */
    leave() {
      if (leaving) return;
      leaving = history.state === 'inside';
      if (leaving) history.back();
      else go({});
    },
  };
}
