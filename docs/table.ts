/** A table of Markdown, its columns aligned; the first row is the head. */
export function table(rows: readonly (readonly string[])[]): string {
  const all = rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const [head = [], ...rest] = all;
  const widths = head.map((_, column) => Math.max(3, ...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  return [line(head), `| ${widths.map((count) => '-'.repeat(count)).join(' | ')} |`, ...rest.map(line)].join('\n');
}

/** The text with what stands between two marks replaced. */
export function between(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`there is no ${begin} … ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`;
}
