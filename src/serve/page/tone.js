import { levelOf } from './level.js';
import { levelNames } from './entry.js';

/**
 * The class that colours a value: what has a meaning has always the same colour, others one after the other.
 *
 * @param {string} name
 * @param {string} value
 * @param {number} place
 */
export function toneOf(name, value, place) {
  if (name === 'stream' && (value === 'stderr' || value === 'stdout')) return `tone-${value}`;
  const level = levelNames.includes(name) ? levelOf(value) : '';
  if (level !== '') return `tone-${level}`;
  return value === '' ? 'tone-none' : `tone-${place % 7}`;
}
