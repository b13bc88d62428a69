import type { Option } from './option.ts';
import { fixedAtStart, options } from './options.ts';
import { settingsOf, type AgentOptions, type Setting } from './setting.ts';
import { ancestorTable, exitCodes, typeWords } from './words.ts';

/** The page on configuration, in Markdown, made from the tables of options. */
export function document(agents: readonly AgentOptions[], commands: readonly AgentOptions[] = []): string {
  const sections = [
    '# Configuration',
    '<!-- Made from the tables of options by `npm run docs`; edit those instead. -->',
    introduction,
    '## Options of the watcher',
    table(settingsOf('', options)),
    `Read at the start only, so that a change waits for the next one: ${fixedAtStart.map(code).join(', ')}.`,
    ...agents.flatMap(({ name, summary, options }) => [
      `## Agent \`${name}\``,
      `${text(summary)}.`,
      table(settingsOf(name, options)),
    ]),
    ...commands.flatMap(({ name, summary, options }) => [
      `## Options of \`${name}\``,
      `${text(summary)}. The command has these alone; its config file is [another one](${name}.md).`,
      table(settingsOf('', options)),
    ]),
    '## Types',
    rows(
      ['type', 'is written'],
      Object.entries(typeWords).map(([type, meaning]) => [type, meaning]),
    ),
    '## Exit codes',
    rows(
      ['code', 'means'],
      exitCodes.map(([value, meaning]) => [String(value), meaning]),
    ),
    '## Coming from kubernetes-log-watcher 0.x',
    'All its variables and flags work. What is different:',
    rows(
      ['variable', 'was', 'is'],
      ancestorTable.map(([name, was, is]) => [name, was, is]),
    ),
  ];
  return `${sections.join('\n\n')}\n`;
}

const introduction = `Each option is a flag, an environment variable and a key of the config file:

| | |
| --- | --- |
| flag | \`--cluster-id berlin\` or \`--cluster-id=berlin\` |
| variable | \`WATCHER_CLUSTER_ID=berlin\` |
| config file | \`cluster-id: berlin\` or \`cluster_id: berlin\` |

Options of an agent have its name in front: \`--scalyr-dest-path\`, \`WATCHER_SCALYR_DEST_PATH\`, and in the config file
\`scalyr-dest-path\`, \`scalyr_dest_path\` or, nested, \`scalyr: { dest-path: … }\`. Only the options of enabled agents are
looked at.

**Precedence.** A flag beats a variable, a variable beats the config file, the config file beats the default; for each
option by itself.

**Empty.** A variable or key that is set but empty counts as not set. For a list it means none:
\`WATCHER_STRICT_LABELS=\` asks for no label.

**Problems.** All of them are told at once and the exit code is 2. An unknown flag or key is a problem; an unknown
variable \`WATCHER_…\` is a warning.

**Changes.** The config file and the secret files are looked at every second. A change takes effect without a restart; one
with a problem is refused, and the configuration before it stays in force (metrics \`logwatch_config_valid\`,
\`logwatch_config_reloads_total\`).

**Secrets** are read from files. They are never logged or printed.`;

function table(settings: readonly Setting[]): string {
  return rows(
    ['option', 'variable', 'type', 'default', 'meaning'],
    settings.map((setting) => [
      flags(setting),
      variables(setting),
      type(setting.option),
      byDefault(setting.option),
      meaning(setting.option),
    ]),
  );
}

function flags({ names, letters }: Setting): string {
  return [...names.map((name) => `--${name}`), ...letters.map((letter) => `-${letter}`)].map(code).join('<br>');
}

function variables({ variables, option }: Setting): string {
  const literals = (option.literals ?? []).map((name) => `${code(name)} (the secret itself)`);
  return [...variables.map(code), ...literals].join('<br>');
}

function type({ type, choices, min, max }: Option): string {
  if (choices) return choices.map(code).join(', ');
  const limits = [min === undefined ? [] : `${min} or more`, max === undefined ? [] : `${max} at most`].flat();
  return [type, ...limits].join(', ');
}

function byDefault({ default: value, required }: Option): string {
  if (required) return '**required**';
  if (value === undefined || value === '') return '';
  return typeof value === 'object' && value.length === 0 ? 'none' : code(String(value));
}

function meaning({ describe, deprecated, spellings }: Option): string {
  const words = Object.entries(spellings ?? {}).map(([word, choice]) => `${code(word)} is ${code(choice)}`);
  return [text(describe), ...words, ...(deprecated ? [`**deprecated**, ${text(deprecated)}`] : [])].join('; ');
}

function rows(head: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n');
}

function code(value: string): string {
  return `\`${value.replaceAll('|', '\\|')}\``;
}

/** As plain text in a table, whatever signs it has. */
function text(value: string): string {
  return value.replaceAll(/[|*<]/g, '\\$&');
}
