import type { Hints } from '../../src/agent/hints.ts';
import { isPythonPattern } from '../../src/agent/python.ts';
import type { Complain } from './annotations.ts';

/** Attributes of the whole session, or of Scalyr's own, which no pod may give. */
const theirs = ['serverHost', 'monitor', 'original_file', 'raw_timestamp', 'severity', 'thread'];

/** The rules of the hint `sampling` as the Scalyr agent has them. */
export function samplingRules({ sampling = [] }: Hints, complain: Complain): object[] {
  return sampling.flatMap(({ match = '.*', rate }) =>
    taken('sampling', match, complain) ? [{ match_expression: match, sampling_rate: rate }] : [],
  );
}

/** The rules of the hint `redaction` as the Scalyr agent has them; to Python a backslash would begin a group. */
export function redactionRules({ redaction = [] }: Hints, complain: Complain): object[] {
  return redaction.flatMap(({ match, replacement }) =>
    taken('redaction', match, complain)
      ? [{ match_expression: match, replacement: replacement.replaceAll('\\', '\\\\') }]
      : [],
  );
}

/** The attributes of a pod's own, without those that the server or the Scalyr agent gives. */
export function ownAttributes(
  { attributes }: Hints,
  serverAttributes: Readonly<Record<string, string>>,
  complain: Complain,
): Record<string, string> {
  const refused = new Set([...theirs, ...Object.keys(serverAttributes)]);
  const names = Object.keys(attributes).filter((name) => refused.has(name));
  if (names.length > 0) complain(`hint attributes: left out is what Scalyr has of its own: ${names.join(', ')}`);
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !refused.has(name)));
}

function taken(hint: string, match: string, complain: Complain): boolean {
  const good = isPythonPattern(match);
  if (!good) complain(`hint ${hint}: a rule is left out, since Python does not take its expression`);
  return good;
}
