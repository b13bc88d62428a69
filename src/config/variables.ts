import { closest } from './closest.ts';
import { isEmpty } from './convert.ts';
import type { Given, Setting } from './setting.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** What the environment gives: per option the first of its variables that is set and not empty. */
export function readVariables(env: Env, settings: readonly Setting[]): Map<Setting, Given> {
  const given = new Map<Setting, Given>();
  for (const setting of settings) {
    const literals = setting.option.literals ?? [];
    for (const name of [...setting.variables, ...literals]) {
      const value = env[name];
      if (value === undefined || isEmpty(setting.option, value)) continue;
      given.set(setting, { source: { kind: 'variable', name }, value, literal: literals.includes(name) });
      break;
    }
  }
  return given;
}

/** A warning for each `WATCHER_…` variable that means nothing here. */
export function unknownVariables(env: Env, settings: readonly Setting[], ignored: (name: string) => boolean): string[] {
  const known = new Set(settings.flatMap(({ variables, option }) => [...variables, ...(option.literals ?? [])]));
  const prefix = 'WATCHER_';
  const prefixed = [...known].filter((one) => one.startsWith(prefix)).map((one) => one.slice(prefix.length));
  return Object.entries(env).flatMap(([name, value = '']) => {
    if (!name.startsWith(prefix) || known.has(name) || isOfService(name, value)) return [];
    if (ignored(name.slice(prefix.length).toLowerCase().replaceAll('_', '-'))) return [];
    const meant = closest(name.slice(prefix.length), prefixed);
    return [`the variable ${name} means nothing${meant ? `; did you mean ${prefix}${meant}?` : ''}`];
  });
}

// Kubernetes gives each container such variables for each Service; one may be called watcher, or watcher-something:
// https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
function isOfService(name: string, value: string): boolean {
  return (
    /_SERVICE_HOST$|_SERVICE_PORT(_[A-Z0-9_]+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name) ||
    (name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value))
  );
}
