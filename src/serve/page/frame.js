/** @import { createPlace } from './place.js' */
/** @import { createRange } from './range.js' */
import { drawChips } from './chips.js';
import { now } from './clock.js';
import { drawControls } from './controls.js';
import { byId } from './element.js';
import { keepPreferences, readPreferences } from './preferences.js';
import { markPattern } from './terms.js';
import { dayOf, instant } from './time.js';

const narrow = '(max-width: 799px)';

/**
 * What stands around the lines and says what is asked for, and how a person likes to see it.
 *
 * @param {ReturnType<typeof createPlace>} place
 * @param {() => ReturnType<typeof createRange>} range
 */
export function createFrame(place, range) {
  const preferences = readPreferences();
  const box = byId('q', HTMLInputElement);
  const isNarrow = () => matchMedia(narrow).matches;
  let showsFields = preferences.fields && !isNarrow();

  function draw() {
    const state = place.state();
    const { q, from, to, filters } = state;
    if (document.activeElement !== box || box.value.trim() === '') box.value = q;
    drawChips(byId('chips', HTMLElement), filters, place.filter);
    range().show({ from, to, utc: preferences.utc });
    drawControls(state, preferences);
    document.body.dataset['fields'] = String(showsFields);
    byId('fields-toggle', HTMLElement).setAttribute('aria-pressed', String(showsFields));
  }

  /** @param {Partial<typeof preferences>} change */
  function prefer(change) {
    Object.assign(preferences, change);
    keepPreferences(preferences);
    draw();
  }

  function toggleFields() {
    showsFields = !showsFields;
    prefer(isNarrow() ? {} : { fields: showsFields });
  }

  return {
    preferences,
    draw,
    prefer,
    toggleFields,
    /** Whether the fields stand in front of the lines. */
    coversLines: () => showsFields && isNarrow(),
    /** How lines look in this state. */
    look() {
      const { q, from, to, line } = place.state();
      const { wrap, utc } = preferences;
      const days = dayOf(instant(from, now()), utc) !== dayOf(instant(to, now()), utc);
      return { wrap, utc, days, mark: markPattern(q), line };
    },
  };
}
