import type { Command } from '../../config/command.ts';
import { ConfigError } from '../../config/error.ts';
import { readMetadata, readPods } from '../../kubernetes/file.ts';
import { mask } from '../../system/secrets.ts';
import { ignoredHints } from '../hints/tell.ts';
import { difference, renderAll, toText } from '../render.ts';
import { createScan, rootsOf } from '../scan.ts';
import { configure, settingsOf } from '../settings.ts';
import { writeBelow } from '../staged.ts';
import { withMetadata } from '../surroundings.ts';

interface Flags {
  out: string | undefined;
  diff: string | undefined;
  containers: string | undefined;
}

/** `kube-log-watcher render`: what the watcher would write, without a cluster. */
export default {
  usage: 'render',
  summary: 'Shows, writes elsewhere or compares what the watcher would write, without a cluster',
  flags: (yargs) =>
    yargs
      .option('containers', { type: 'string', describe: 'The same as --containers-path' })
      .option('out', { type: 'string', describe: 'Writes below this directory, each output at its own path there' })
      .option('diff', {
        type: 'string',
        describe: 'Compares with the directory that stands for /; exit code 1 on a difference',
      })
      .epilogue(
        'Needs --pods FILE, in which namespaces and the node may stand, too. Without --out and --diff all outputs are printed, secrets as ***.',
      ),
  async run(process, { out, diff, containers }) {
    const argv = [...process.argv, ...(containers ? [`--containers-path=${containers}`] : [])];
    const ignore = ['out', 'diff', 'containers'];
    const { loaded, read } = await configure(
      { ...process, argv },
      { ignore, required: ['agents', 'pods'], offline: true },
    );
    const config = read();
    const { core } = config;
    const pods = await readPods(core.pods ?? '').catch((error: Error) => {
      throw new ConfigError([`\`--pods\` (WATCHER_PODS): ${error.message}`]);
    });
    const scan = await createScan(rootsOf(core))();
    const metadata = async (wanted: boolean, kind: 'Namespace' | 'Node') =>
      wanted ? await readMetadata(core.pods ?? '', kind) : undefined;
    const nodes = await metadata(core['node-labels'], 'Node');
    const settings = withMetadata(settingsOf(config, loaded), {
      namespaces: await metadata(core['namespace-labels'], 'Namespace'),
      nodeLabels: nodes?.find(({ name }) => name === core['node-name'])?.labels,
    });
    const { verdicts, rendered } = await renderAll(scan, pods, settings);
    const problems = [...ignoredHints(verdicts), ...rendered.flatMap(({ problems }) => problems)];
    process.stderr.write(mask(problems.map((problem) => `${problem}\n`).join('')));
    const outputs = rendered.flatMap(({ outputs }) => outputs);
    const kept = verdicts.filter(({ state }) => state === 'kept').length;
    process.stderr.write(`${kept} of ${verdicts.length} containers shipped, ${outputs.length} outputs\n`);

    const well = rendered.filter(({ failed }) => !failed);
    const exit = well.length < rendered.length ? 1 : 0;

    if (out !== undefined) await writeBelow(out, outputs);
    if (diff !== undefined) {
      const lines = (await Promise.all(well.map((one) => difference(diff, one)))).flat();
      process.stdout.write(lines.map((line) => `${line}\n`).join(''));
      return lines.length > 0 ? 1 : exit;
    }
    if (out === undefined) process.stdout.write(mask(toText(outputs)));
    return exit;
  },
} satisfies Command<Flags>;
