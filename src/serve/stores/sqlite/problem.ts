/** An error that crosses from one thread to another. */
export interface Problem {
  message: string;
  range: boolean;
}

export const problemOf = (error: unknown): Problem => ({ message: explain(error), range: error instanceof RangeError });

export const errorOf = ({ message, range }: Problem): Error => (range ? new RangeError(message) : new Error(message));

/** What SQLite itself would not find. */
export class Damaged extends Error {
  readonly errcode = 11;
}

/** What an error says, and the way out where there is one. Numbers: https://www.sqlite.org/rescode.html */
export function explain(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  switch (codeOf(error)) {
    case 8:
    case 14:
      return `${said}. The directory and its files have to be writable for this user`;
    case 11:
    case 26:
      return [
        `${said}. The database is damaged: stop this program, move logs.sqlite away together with logs.sqlite-wal and`,
        'logs.sqlite-shm, and start with an empty one; `sqlite3 logs.sqlite .recover` gets out what can be read',
      ].join(' ');
    case 13:
      return `${said}. The disk, or what this user may take of it, is used up`;
    default:
      return said;
  }
}

/** SQLite's own number of an error. */
export function codeOf(error: unknown): number | undefined {
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === 'number' ? errcode & 0xff : undefined;
}
