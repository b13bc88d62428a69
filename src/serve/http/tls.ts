import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { ConfigError } from '../../config/error.ts';
import type { Files } from '../../config/files.ts';
import { why } from '../../config/why.ts';
import type { ServeValues } from '../options.ts';

/** What HTTPS is served with, read from the files now; undefined for HTTP. Throws a `ConfigError`. */
export function readTls(values: ServeValues, files: Files): SecureContextOptions | undefined {
  const names = ['tls-cert-file', 'tls-key-file', 'tls-client-ca-file'] as const;
  if (values['tls-cert-file'] === undefined) return undefined;
  const problems: string[] = [];
  const [cert, key, ca] = names.map((name) => {
    const path = values[name];
    try {
      return path === undefined ? undefined : files.read(path);
    } catch (error) {
      problems.push(`\`--${name}\` names ${path}, which can't be read: ${why(error)}.`);
      return undefined;
    }
  });
  if (problems.length > 0) throw new ConfigError(problems);
  const options: SecureContextOptions = { cert, key, ...(ca !== undefined && { ca }), minVersion: 'TLSv1.2' };
  try {
    createSecureContext(options);
  } catch (error) {
    // What OpenSSL says quotes nothing of the files.
    throw new ConfigError([`\`--tls-cert-file\` and \`--tls-key-file\` do not fit: ${(error as Error).message}.`]);
  }
  return options;
}

export function tlsFiles(values: ServeValues): string[] {
  return [values['tls-cert-file'], values['tls-key-file'], values['tls-client-ca-file']].flatMap((path) => path ?? []);
}
