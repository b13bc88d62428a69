import type { Hints } from '../../src/agent/hints.ts';
import type { Target } from '../../src/agent/target.ts';

type Operator = { type: string; [setting: string]: unknown };

/** What happens to each line, in this order: the runtime's format, lines that belong together, sampling, redaction, parser. */
export function operators({ log, hints }: Target): Operator[] {
  return [
    {
      type: 'container',
      // CRI's two forms differ in their times, which it finds out itself.
      ...(log.format === 'docker' && { format: 'docker' }),
      // It would take them from the path, which is none of Kubernetes' with Docker; they are in the resource.
      add_metadata_from_filepath: false,
    },
    ...(hints.multilineStart ? [recombine(hints.multilineStart)] : []),
    ...(hints.sampling ?? []).flatMap((_, index, rules) => sample(rules, index)),
    ...(hints.redaction ?? []).map(({ match, replacement }): Operator => ({
      type: 'regex_replace',
      regex: match,
      replace_with: replacement,
    })),
    ...(hints.parser === 'json' ? [json] : []),
  ];
}

const json: Operator = { type: 'json_parser', parse_to: 'attributes.json', on_error: 'send_quiet' };

function recombine(start: string): Operator {
  return {
    type: 'recombine',
    combine_field: 'body',
    is_first_entry: matches(start),
    source_identifier: 'attributes["log.iostream"]',
    max_log_size: '1MiB',
  };
}

/** Of several rules the first that matches decides. */
function sample(rules: NonNullable<Hints['sampling']>, index: number): Operator[] {
  const { match, rate } = rules[index] ?? { rate: 1 };
  if (rate >= 1) return [];
  const earlier = rules
    .slice(0, index)
    .map((rule) => (rule.match === undefined ? 'false' : `not (${matches(rule.match)})`));
  const expr = [...earlier, ...(match === undefined ? [] : [matches(match)])].join(' and ') || 'true';
  return [{ type: 'filter', expr, drop_ratio: Math.round((1 - rate) * 1e6) / 1e6 }];
}

/** An expression of the collector's; its strings have JSON's escapes (expr-lang, "Strings"). */
function matches(pattern: string): string {
  return `body matches ${JSON.stringify(pattern.toWellFormed())}`;
}
