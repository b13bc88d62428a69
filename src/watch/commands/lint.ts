import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { listAgents } from '../../agent/load.ts';
import { findOutside } from '../../agent/places.ts';
import type { Command, Process } from '../../config/command.ts';
import { ConfigError } from '../../config/error.ts';
import { files as onDisk } from '../../config/files.ts';
import { agentsToLoad } from '../../config/gather.ts';
import { parseConfig } from '../../config/parse.ts';
import { why } from '../../config/why.ts';
import { keys } from '../hints/values.ts';
import { lint, type Finding, type LintRules } from '../lint.ts';
import { toSarif } from '../lint/sarif.ts';
import { hintChecks, hintRules } from '../settings.ts';

const formats = ['text', 'json', 'sarif'] as const;

interface Flags {
  files: string[] | undefined;
  format: string;
  injected: string | undefined;
}

/** `kube-log-watcher lint`: checks the annotations in manifests as the watcher would read them. */
export default {
  usage: 'lint <files..>',
  summary: 'Checks the annotations in manifests, without a cluster',
  flags: (yargs) =>
    yargs
      .positional('files', { type: 'string', array: true, describe: 'Files of YAML or JSON; - is standard input' })
      .option('format', { type: 'string', default: 'text', describe: `How it is told: ${formats.join(', ')}` })
      .option('injected', {
        type: 'string',
        describe: 'Names of containers that are put into pods later, separated by commas: istio-proxy',
      })
      .epilogue('Exit codes: 0 nothing found, 1 problems found, 2 wrong command line or a file that can not be read.'),
  async run(process, { files = [], format, injected = '' }) {
    if (!formats.some((one) => one === format))
      throw new ConfigError([`\`--format\` is "${format}"; it has to be one of ${formats.join(', ')}.`]);
    const rules = await rulesOf(process, injected);
    const found: Finding[] = [];
    let unreadable = 0;
    // yargs takes a lone dash for no argument.
    const dash = process.argv.includes('-') ? ['-'] : [];
    for (const file of new Set([...files, ...dash])) {
      try {
        const text = file === '-' ? await readAll(process.stdin) : await readFile(file, 'utf8');
        found.push(...lint(file === '-' ? 'stdin' : file, text, rules));
      } catch (error) {
        unreadable += 1;
        process.stderr.write(`${file}: ${why(error)}\n`);
      }
    }
    process.stdout.write(written(found, format, process.version));
    return unreadable > 0 ? 2 : found.length > 0 ? 1 : 0;
  },
} satisfies Command<Flags>;

/** What the configuration says of hints; what it doesn't say is allowed, since the cluster's own isn't known here. */
async function rulesOf({ argv, env, home }: Process, injected: string): Promise<LintRules> {
  const ignore = ['format', 'injected'];
  const { outside: given } = agentsToLoad({ argv, env, files: onDisk, ignore });
  const { directories: outside } = await findOutside(given, onDisk.absolute('.'));
  const ours = { builtin: join(home, 'agents'), templates: '' };
  const listed = await listAgents({ ...ours, outside }).catch(() => listAgents(ours));
  const known = listed.map(({ name }) => name);
  const world = { argv, env, files: onDisk, ignore, agents: [], known, offline: true, checks: hintChecks };
  const { core, sources } = parseConfig(world);
  const { allowed, tenants } = hintRules(core);
  return {
    allowed: sources['hints']?.kind === 'default' ? new Set(keys) : allowed,
    policy: [],
    ...(core.tenants !== undefined && { tenants }),
    injected: injected.split(',').flatMap((name) => name.trim() || []),
  };
}

function written(found: readonly Finding[], format: string, version: string): string {
  if (format === 'json') return `${JSON.stringify(found, undefined, 2)}\n`;
  if (format === 'sarif') return `${JSON.stringify(toSarif(found, version), undefined, 2)}\n`;
  return found.map((one) => `${toText(one)}\n`).join('');
}

function toText({ file, line, column, document, object, code, message }: Finding): string {
  const name = [object.namespace, object.name].filter(Boolean).join('/');
  return `${file}:${line}:${column}: ${code}: ${[object.kind, name].filter(Boolean).join(' ')} (document ${document}): ${message}`;
}
