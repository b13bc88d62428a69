import { stat } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Log } from '../system/log.ts';
import type { Metrics } from '../system/metrics.ts';
import { ConfigError } from './error.ts';
import { fixedAtStart } from './options.ts';
import type { Config } from './parse.ts';

type Listener = (next: Config, previous: Config) => void;

/** The configuration in force, while the config file and the secret files may change. */
export interface LiveConfig {
  readonly current: Config;
  /** The files whose change asks for a reload; with a refused configuration, its files too. */
  readonly files: readonly string[];
  /** Reads everything again. A configuration with problems is refused: the one before stays. Never rejects. */
  reload(): Promise<void>;
  /** Called after each change, never for a reload that brought the same. */
  onChange(listener: Listener): void;
}

/** Rejects with the `ConfigError` when the first configuration has problems. `parse` reads everything anew. */
export async function createConfig(world: {
  parse(): Config | Promise<Config>;
  log: Log;
  metrics: Pick<Metrics, 'configReloads' | 'configValid'>;
}): Promise<LiveConfig> {
  const { parse, log, metrics } = world;
  const listeners: Listener[] = [];
  let current = await parse();
  let latest = current;
  let files = current.files;
  let refused = '';
  let running = Promise.resolve();
  metrics.configValid.set(1);
  const warn = (warning: string) => log.warn('something in the configuration is doubtful', { warning });
  current.warnings.forEach(warn);

  const refuse = (error: unknown) => {
    const problems = error instanceof ConfigError ? error.problems : [String(error)];
    if (error instanceof ConfigError) files = [...new Set([...current.files, ...error.files])];
    metrics.configValid.set(0);
    if (refused === problems.join('\n')) return;
    refused = problems.join('\n');
    metrics.configReloads.inc({ result: 'refused' });
    log.error('the changed configuration is refused; the one before stays in force', { problems });
  };

  const load = async () => {
    let read: Config;
    try {
      read = await parse();
    } catch (error) {
      return refuse(error);
    }
    const config = keepFixed(read, current);
    const waiting = fixedAtStart.filter((name) =>
      [latest, current].every((other) => !isDeepStrictEqual(read.core[name], other.core[name])),
    );
    const recovered = refused !== '';
    refused = '';
    files = read.files;
    metrics.configValid.set(1);
    for (const name of waiting) log.warn('a changed option takes effect at the next start', { option: `--${name}` });
    config.warnings.filter((warning) => !latest.warnings.includes(warning)).forEach(warn);
    latest = read;
    const previous = current;
    current = config;
    const same = isDeepStrictEqual([config.core, config.agents], [previous.core, previous.agents]);
    if (same && !recovered) return;
    metrics.configReloads.inc({ result: same ? 'unchanged' : 'applied' });
    log.info(same ? 'the configuration is valid again' : 'the configuration has changed');
    if (!same) for (const listener of listeners) listener(config, previous);
  };

  return {
    get current() {
      return current;
    },
    get files() {
      return files;
    },
    reload: () =>
      (running = running.then(load).catch((error: unknown) => {
        log.error('a change of the configuration could not be carried out', { error });
      })),
    onChange: (listener) => void listeners.push(listener),
  };
}

/** The new configuration with the old values of what is read at the start only. */
function keepFixed(next: Config, previous: Config): Config {
  const kept = fixedAtStart.map((name) => [name, previous.core[name]]);
  const agents = previous.core.agents.map((name) => [name, next.agents[name] ?? previous.agents[name]]);
  const core = { ...next.core, ...Object.fromEntries(kept) } as Config['core'];
  return { ...next, core, agents: Object.fromEntries(agents) as Config['agents'] };
}

/**
 * Looks at the files from time to time, links followed, and calls `onChange` when one was written, replaced, came or
 * went; also at the first look at a path, which may have changed before. Keeps no process alive.
 */
export function watchConfig(world: {
  paths(): readonly string[];
  onChange(): void | Promise<void>;
  /** Milliseconds between two looks. */
  interval?: number;
}): { close(): void } {
  const { paths, onChange, interval = 1000 } = world;
  let seen = '';
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  const look = async () => {
    const found = (await Promise.all(paths().map(signature))).join('\n');
    const changed = found !== seen;
    seen = found;
    if (changed && !closed) await onChange();
  };
  const next = () => {
    if (closed) return;
    timer = setTimeout(() => void look().finally(next), interval);
    timer.unref();
  };
  next();
  return {
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

/** Differs after each change; a ConfigMap's new content is another inode behind the link. */
async function signature(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return `${path} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch (error) {
    return `${path} ${(error as NodeJS.ErrnoException).code}`;
  }
}
