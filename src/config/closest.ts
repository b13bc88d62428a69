/** The one of the names that a misspelt word most likely means, or undefined. */
export function closest(word: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.min(4, Math.ceil(word.length / 3) + 1);
  for (const name of names) {
    const away = distance(word, name);
    if (away < least) [best, least] = [name, away];
  }
  return best;
}

/** `; did you mean …?` for the closest name, or a full stop. `before` is written in front of the name. */
export function suggestion(word: string, names: Iterable<string>, before = ''): string {
  const name = closest(word, names);
  return name === undefined ? '.' : `; did you mean \`${before}${name}\`?`;
}

/** How many letters have to be added, left out or replaced to get from one word to the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of a.split('').entries()) {
    const next = [i + 1];
    for (const [j, other] of b.split('').entries()) {
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (letter === other ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
