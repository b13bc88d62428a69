import { mkdir, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { why } from '../../config/why.ts';
import { fail, ok, warn, type Finding } from './finding.ts';

const scarce = 16 * 1024 * 1024;

/** Whether files can be made where an agent writes, and where the snapshot lies. */
export async function checkDirectories(
  agents: readonly { name: string; directories: readonly string[]; files: readonly string[] }[],
  statePath: string | undefined,
): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const { name, directories, files } of agents)
    for (const directory of new Set([...directories, ...files.map((file) => dirname(file))]))
      found.push(await checkWritable(`directory of ${name}`, directory));
  if (statePath === undefined) {
    const fix = 'give --state-path a directory that outlives the pod, such as a hostPath';
    found.push(warn('state', 'without --state-path, a start while the API server is away changes nothing', fix));
  } else {
    const made = await mkdir(statePath, { recursive: true }).catch(() => undefined);
    found.push(await checkWritable('state', statePath));
    if (made !== undefined) await rm(made, { recursive: true });
  }
  return found;
}

async function checkWritable(what: string, directory: string): Promise<Finding> {
  const name = `${what}: ${directory}`;
  const trial = join(directory, `.kube-log-watcher.doctor.${process.pid}`);
  try {
    if (!(await stat(directory)).isDirectory()) return fail(name, 'is no directory', 'mount a volume there');
    await writeFile(trial, '', { flag: 'wx' });
    await rm(trial);
    const { bavail, bsize, ffree, files } = await statfs(directory);
    if (bavail * bsize < scarce) return warn(name, 'less than 16 MiB are free', 'make room on the volume');
    if (files > 0 && ffree < 100) return warn(name, 'hardly an inode is free', 'make room on the volume');
    return ok(name, 'can be written');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const fixes: Readonly<Record<string, string>> = {
      ENOENT: 'mount a volume there that the shipper mounts too',
      EROFS: 'mount it without readOnly: the root of the container is read only',
      ENOSPC: 'make room on the volume',
    };
    const detail = code === 'EROFS' ? 'is read only' : why(error);
    return fail(name, detail, fixes[code ?? ''] ?? 'let the user of this process write there, or run as root');
  }
}
