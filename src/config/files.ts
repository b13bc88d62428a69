import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';

/** What the configuration needs to know of the disk. */
export interface Files {
  /** The text of a file; throws the system's error. */
  read(path: string): string;
  /** What is at a path; throws the system's error when that can't be told. */
  kind(path: string): 'directory' | 'other' | 'missing';
  absolute(path: string): string;
}

export const files: Files = {
  read: (path) => readFileSync(path, 'utf8'),
  kind(path) {
    try {
      return statSync(path).isDirectory() ? 'directory' : 'other';
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return 'missing';
      throw error;
    }
  },
  absolute: (path) => resolve(path),
};
