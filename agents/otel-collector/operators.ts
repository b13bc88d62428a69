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
    ...(log.format === 'docker' ? whole : []),
    ...(hints.multilineStart ? [{ ...recombine, is_first_entry: matches(hints.multilineStart) }] : []),
    ...(hints.sampling ?? []).flatMap((_, index, rules) => sample(rules, index)),
    ...(hints.redaction ?? []).map(({ match, replacement }) => replace(match, replacement)),
    ...(hints.parser === 'json' ? [json] : []),
  ];
}

const recombine: Operator = {
  type: 'recombine',
  combine_field: 'body',
  source_identifier: 'attributes["log.iostream"]',
  max_log_size: '1MiB',
};

/** Docker cuts lines after 16 KiB, and ends only the last part of each with a newline (its copier.go), which then goes. */
const whole: Operator[] = [
  { ...recombine, is_last_entry: 'body endsWith "\\n"', combine_with: '' },
  replace('\\n$', ''),
];

const json: Operator = { type: 'json_parser', parse_to: 'attributes.json', on_error: 'send_quiet' };

/** Without a field the collector crashes at the first line (0.149). */
function replace(regex: string, text: string): Operator {
  return { type: 'regex_replace', field: 'body', regex, replace_with: text };
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
