import { checkPattern } from '../../config/check.ts';
import { wildcard } from '../selector.ts';
import { quoted } from './problems.ts';
import { isTenant } from './values.ts';

/** The tenants that a namespace may use; the first is its default. None for one that the operator doesn't name. */
export type Tenants = (namespace: string) => readonly string[];

/** Says what is wrong with the value of `--tenants`. */
export function checkTenants(value: unknown): string | undefined {
  if (!isMap(value)) return 'has to be a mapping of namespaces and their lists of tenants';
  const problems = Object.entries(value).flatMap(([pattern, names]) => {
    const wrong = checkPattern(pattern);
    if (wrong !== undefined) return [`has ${quoted(pattern)}, which ${wrong}`];
    const list: unknown[] = Array.isArray(names) ? names : [names];
    const strange = list.find((name) => !isTenant(name));
    if (list.length === 0) return [`has no tenant for ${pattern}`];
    return strange === undefined
      ? []
      : [
          `has ${quoted(typeof strange === 'string' ? strange : JSON.stringify(strange))} for ${pattern}, which is no name of a tenant`,
        ];
  });
  return problems.length > 0 ? problems.join('; ') : undefined;
}

/**
 * From a value that {@link checkTenants} has nothing against. The namespace's own name beats patterns, a longer pattern a
 * shorter one; their order doesn't matter.
 */
export function compileTenants(value: unknown): Tenants {
  const rules = Object.entries(isMap(value) ? value : {})
    .map(([pattern, names]) => ({
      pattern,
      exact: !pattern.includes('*'),
      fits: wildcard(pattern),
      names: [names].flat() as string[],
    }))
    .sort((a, b) => {
      if (a.exact !== b.exact) return a.exact ? -1 : 1;
      return b.pattern.length - a.pattern.length || (a.pattern < b.pattern ? -1 : 1);
    });
  return (namespace) => rules.find(({ fits }) => fits.test(namespace))?.names ?? [];
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
