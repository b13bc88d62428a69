import type { Fields, Log } from '../../system/log.ts';

/**
 * A log that tells each warning and error once in so many milliseconds, with how many of them went untold before: what
 * goes wrong for one request goes wrong for thousands.
 */
export function sampled(log: Log, every: number, now: () => number): Log {
  const told = new Map<string, { at: number; untold: number }>();
  const tell = (level: 'error' | 'warn', message: string, fields: Fields = {}) => {
    const time = now();
    const last = told.get(message);
    if (last && time - last.at < every) {
      last.untold += 1;
      return;
    }
    // Messages are fixed texts, so there are few.
    told.set(message, { at: time, untold: 0 });
    log[level](message, last?.untold ? { ...fields, untold: last.untold } : fields);
  };
  return {
    error: (message, fields) => tell('error', message, fields),
    warn: (message, fields) => tell('warn', message, fields),
    info: (message, fields) => log.info(message, fields),
    debug: (message, fields) => log.debug(message, fields),
  };
}
