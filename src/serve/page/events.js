/** @typedef {{ type: string, data: string, id: string }} Event */

/**
 * Reads server-sent events from pieces of text, wherever they were cut:
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 *
 * @param {(event: Event) => void} take One without data tells its id alone.
 * @returns {(piece: string) => void}
 */
export function readEvents(take) {
  let rest = '';
  let id = '';
  let type = '';
  /** @type {string[]} */
  let data = [];

  /** @param {string} line */
  function read(line) {
    if (line === '') {
      take({ type: type || 'message', data: data.join('\n'), id });
      type = '';
      data = [];
      return;
    }
    const [, name, value = ''] = /^([^:]*)(?:: ?([^]*))?$/.exec(line) ?? [];
    if (name === 'data') data.push(value);
    else if (name === 'event') type = value;
    else if (name === 'id' && !value.includes('\0')) id = value;
  }

  return (piece) => {
    // A line is looked through once, however many pieces it comes in.
    const old = rest.endsWith('\r') ? rest.length - 1 : rest.length;
    const text = rest + piece;
    const ends = /\r\n|\n|\r(?!$)/g;
    ends.lastIndex = old;
    let start = 0;
    for (let end = ends.exec(text); end; end = ends.exec(text)) {
      read(text.slice(start, end.index));
      start = end.index + end[0].length;
    }
    rest = text.slice(start);
  };
}
