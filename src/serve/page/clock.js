/** Milliseconds by which the server's clock is ahead of the browser's. */
let ahead = 0;

/** What is less than that may be the way of an answer, or the second that `Date` is rounded to. */
const least = 3000;

/** Takes note of when the server answered, as it says itself. @param {string | null} date */
export function heard(date) {
  const difference = Date.parse(date ?? '') - Date.now();
  if (!Number.isNaN(difference)) ahead = Math.abs(difference) < least ? 0 : difference;
}

/** The time as the server has it, by which `1h` and `now` are meant. */
export const now = () => Date.now() + ahead;
