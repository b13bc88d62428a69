import { keepSecret } from '../system/secrets.ts';
import type { Converted } from './convert.ts';
import type { Files } from './files.ts';
import type { Given } from './setting.ts';
import { why } from './why.ts';

/** The secret itself, made known to the log so that it is masked. What was given is never part of a message. */
export function readSecret(given: Given, files: Files): Converted {
  const text = String(given.value).trim();
  if (given.literal) {
    keepSecret(text);
    return { value: text };
  }
  try {
    const value = files.read(text).trim();
    if (value === '') return { problem: 'names an empty file', file: text };
    keepSecret(value);
    return { value, file: text };
  } catch (error) {
    return { problem: `names a file that can't be read: ${why(error)}`, file: text };
  }
}
