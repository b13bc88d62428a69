import { hintKeys, type HintKey, type Hints } from '../../agent/hints.ts';

const code = 'unsupported';

/** What an agent that maps only some hints can't do for a target: a report for each. */
export function unsupported(hints: Hints, mapped: readonly HintKey[] = []): string[] {
  const { attributes } = hints;
  const has: Record<HintKey, boolean> = {
    parser: hints.parser !== undefined,
    'multiline-start': hints.multilineStart !== undefined,
    sampling: hints.sampling !== undefined,
    redaction: hints.redaction !== undefined,
    tenant: hints.tenant !== undefined,
    attributes: Object.keys(attributes).length > 0,
  };
  const missing = hintKeys.filter((key) => has[key] && !mapped.includes(key));
  return missing.map((key) => `${code}: the hint ${key} is not mapped by this agent`);
}

export function isUnsupported(report: string): boolean {
  return report.startsWith(`${code}: `);
}
