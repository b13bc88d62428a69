import { readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A directory as a tree, a line for each name in it, two spaces deeper for each directory; links are followed. What can't
 * be followed or read is told at its place and spoils nothing else; only the directory itself has to be readable.
 */
export function treeOf(root: string): string {
  return `${[`${root.replace(/\/+$/, '')}/`, ...linesBelow(root, '  ', [realpathSync(root)])].join('\n')}\n`;
}

function linesBelow(directory: string, indent: string, above: readonly string[]): string[] {
  const names = readdirSync(directory).sort();
  return names.flatMap((name) => {
    const path = join(directory, name);
    const said = (what: string) => [`${indent}${name}${what}`];
    try {
      if (!statSync(path).isDirectory()) return said('');
      const real = realpathSync(path);
      if (above.includes(real)) return said(` -> ${readlinkSync(path)} (a loop)`);
      return [...said('/'), ...linesBelow(path, `${indent}  `, [...above, real])];
    } catch (error) {
      return said(` ${whyNot(path, error as NodeJS.ErrnoException)}`);
    }
  });
}

function whyNot(path: string, { code = '' }: NodeJS.ErrnoException): string {
  try {
    return `-> ${readlinkSync(path)} (${code === 'ELOOP' ? 'a loop' : code === 'ENOENT' ? 'broken' : code})`;
  } catch {
    // It is no link, or gone meanwhile.
    return `(${code})`;
  }
}
