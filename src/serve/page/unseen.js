/** What would change how its neighbours look, or can't be seen: control characters and marks of direction. */
export const unseen = new RegExp(
  String.raw`[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]`,
);
export const unseenAll = new RegExp(unseen, 'g');

/** A text in which all that can't be seen is named. @param {string} text */
export const visible = (text) => (unseen.test(text) ? text.replaceAll(unseenAll, nameOf) : text);

/** `U+202E`, or the picture of a control character. @param {string} letter */
export function nameOf(letter) {
  const code = letter.charCodeAt(0);
  // U+2400 and the following are pictures of the first 32.
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
