import { createHash } from 'node:crypto';
import { ConfigError } from '../../config/error.ts';
import type { Files } from '../../config/files.ts';
import { why } from '../../config/why.ts';
import { keepSecret } from '../../system/secrets.ts';
import type { ServeValues } from '../options.ts';
import type { Route } from '../route.ts';

export type Access = Route['access'];
type Guarded = Exclude<Access, 'page'>;

/** Who is let in. */
export interface Gate {
  /** Who asks: a user's name, or empty where none is told or needed; undefined if it isn't let in. */
  who(access: Access, authorization: string | undefined): string | undefined;
  /** What one who isn't let in is asked for; `quietly` so that no browser puts its own question in front of the page. */
  challenge(access: Access, quietly: boolean): string;
  /** The files that all this is read from. */
  files: readonly string[];
  /** Reads them again; throws a `ConfigError`, and leaves all as it was, if something is wrong with them. */
  reload(): void;
}

/** By what is sent, hashed: looking it up takes a time that tells nothing of it. The value is the user's name. */
type Credentials = ReadonlyMap<string, string>;

const accesses = ['write', 'read', 'probe'] as const;
const hash = (text: string) => createHash('sha256').update(text).digest('base64');

/** Reads the files of credentials. An access without any is open to all. */
export function createGate(values: ServeValues, files: Files): Gate {
  let known = readAll(values, files);
  return {
    who(access, authorization = '') {
      const credentials = access === 'page' ? undefined : known[access];
      if (!credentials) return '';
      const [, scheme = '', sent = ''] = /^(\w+) +(\S+) *$/.exec(authorization) ?? [];
      if (/^bearer$/i.test(scheme)) return credentials.get(hash(`bearer ${sent}`));
      if (!/^basic$/i.test(scheme)) return undefined;
      return credentials.get(hash(`basic ${Buffer.from(sent, 'base64').toString('utf8')}`));
    },
    challenge(access, quietly) {
      const schemes: string[] = [];
      if (access === 'page') return '';
      const basic = quietly ? 'xBasic' : 'Basic';
      if (values[`${access}-users`] !== undefined) schemes.push(`${basic} realm="kube-log-watcher", charset="UTF-8"`);
      if (values[`${access}-tokens`] !== undefined) schemes.push('Bearer realm="kube-log-watcher"');
      return schemes.join(', ');
    },
    files: accesses.flatMap((access) => [values[`${access}-tokens`] ?? [], values[`${access}-users`] ?? []].flat()),
    reload() {
      known = readAll(values, files);
    },
  };
}

function readAll(values: ServeValues, files: Files): Readonly<Record<Guarded, Credentials | undefined>> {
  const problems: string[] = [];
  const read = (access: Guarded): Credentials | undefined => {
    const tokens = values[`${access}-tokens`];
    const users = values[`${access}-users`];
    if (tokens === undefined && users === undefined) return undefined;
    const credentials = new Map<string, string>();
    for (const { text } of linesOf(`${access}-tokens`, tokens, files, problems)) {
      keepSecret(text);
      credentials.set(hash(`bearer ${text}`), '');
    }
    for (const { text, line } of linesOf(`${access}-users`, users, files, problems)) {
      const [, user, password] = /^([^:]+):(.+)$/.exec(text) ?? [];
      if (user === undefined || password === undefined) {
        problems.push(`\`--${access}-users\` names ${users}, whose line ${line} is not user:password.`);
        continue;
      }
      keepSecret(password);
      keepSecret(Buffer.from(text).toString('base64'));
      credentials.set(hash(`basic ${text}`), user);
    }
    return credentials;
  };
  const all = { write: read('write'), read: read('read'), probe: read('probe') };
  if (problems.length > 0) throw new ConfigError(problems);
  return all;
}

/** The lines that say something; a file without any would lock out everybody, and so is a problem. */
function linesOf(option: string, path: string | undefined, files: Files, problems: string[]) {
  if (path === undefined) return [];
  try {
    const lines = files
      .read(path)
      .split('\n')
      .map((text, index) => ({ text: text.trim(), line: index + 1 }))
      .filter(({ text }) => text !== '' && !text.startsWith('#'));
    if (lines.length === 0) problems.push(`\`--${option}\` names ${path}, which holds nothing.`);
    return lines;
  } catch (error) {
    problems.push(`\`--${option}\` names ${path}, which can't be read: ${why(error)}.`);
    return [];
  }
}
