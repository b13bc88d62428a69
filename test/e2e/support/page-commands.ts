import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './helm.ts';

/** Commands as a page prints them, and what it says that they print; empty where it says nothing. */
export interface Step {
  commands: string;
  prints: string;
}

/** All steps of a page's section, or of the whole page: blocks of `sh`, each with the block without a language after it. */
export function stepsIn(page: string, section?: string): Step[] {
  const text = readFileSync(join(root, page), 'utf8');
  const [, ...parts] = section === undefined ? ['', text] : text.split(`\n## ${section}\n`);
  const [part = ''] = (parts[0] ?? '').split(section === undefined ? /$^/ : /\n## /);
  const steps: Step[] = [];
  for (const [, language, block = ''] of part.matchAll(/^```(\w*)\n([^]*?)^```$/gm)) {
    const last = steps.at(-1);
    if (language === 'sh') steps.push({ commands: block, prints: '' });
    else if (language === '' && last?.prints === '') last.prints = block;
  }
  if (steps.length === 0) throw new Error(`${page} has no commands${section ? ` in ${section}` : ''}`);
  return steps;
}

/** Whether all lines that a page shows were printed, in this order; `…` in them stands for anything. */
export function fits(printed: string, shown: string): boolean {
  const lines = printed.split('\n').map((line) => line.trimEnd());
  let at = 0;
  for (const line of shown.split('\n').map((one) => one.trimEnd())) {
    if (line === '' || line === '…') continue;
    const pattern = new RegExp(
      `^${line
        .split('…')
        .map((part) => RegExp.escape(part))
        .join('.*')}$`,
    );
    const found = lines.slice(at).findIndex((one) => pattern.test(one));
    if (found === -1) return false;
    at += found + 1;
  }
  return true;
}
