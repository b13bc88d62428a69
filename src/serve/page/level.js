/** @import { Entry } from './entry.js' */
import { levelNames } from './entry.js';

/** @typedef {'error' | 'warn' | 'info' | 'debug' | ''} Level */

/** @type {Readonly<Record<string, Level>>} */
const words = {
  emerg: 'error',
  alert: 'error',
  crit: 'error',
  critical: 'error',
  fatal: 'error',
  panic: 'error',
  severe: 'error',
  err: 'error',
  error: 'error',
  warn: 'warn',
  warning: 'warn',
  notice: 'info',
  info: 'info',
  information: 'info',
  debug: 'debug',
  trace: 'debug',
};
const alternatives = Object.keys(words)
  .toSorted((a, b) => b.length - a.length)
  .join('|');
/** `"level":"warn"`, `level=warn`, `[WARN]`, ` WARN `, `warn:`; capitals or a sign, since prose has these words too. */
const said = new RegExp(
  String.raw`["']?(?:level|severity|lvl)["']?\s*[:=]\s*["']?(${alternatives})\b|[[(<|](${alternatives})[\])>|]|^\W*(${alternatives}):`,
  'i',
);
const capitals = new RegExp(String.raw`(?:^|[\s:])(${alternatives.toUpperCase()})(?=[\s:,]|$)`);
/** klog: https://github.com/kubernetes/klog#readme. @type {Readonly<Record<string, Level>>} */
const klog = { I: 'info', W: 'warn', E: 'error', F: 'error' };

/** @param {string} word @returns {Level} */
export function levelOf(word) {
  const known = word.toLowerCase();
  return Object.hasOwn(words, known) ? (words[known] ?? '') : '';
}

/**
 * How grave a line is: as its labels say, or as its beginning does.
 *
 * @param {Pick<Entry, 'log' | 'metadata'> & { source: { level: string } }} entry
 * @returns {Level}
 */
export function levelOfEntry({ log, metadata, source }) {
  const name = levelNames.find((name) => metadata?.[name]);
  const told = levelOf(source.level) || levelOf(name ? (metadata?.[name] ?? '') : '');
  if (told !== '') return told;
  const start = log.slice(0, 300);
  const letter = /^([IWEF])\d{4} \d\d:/.exec(start)?.[1];
  if (letter) return klog[letter] ?? '';
  if (/^(?:[\w.$]*(?:Exception|Error)\b|Traceback \(|Caused by:|thread '.*' panicked)/.test(start)) return 'error';
  const found = said.exec(start) ?? capitals.exec(start.slice(0, 120));
  return levelOf(found?.[1] ?? found?.[2] ?? found?.[3] ?? '');
}
