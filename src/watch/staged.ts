import { dirname, join } from 'node:path';
import fs from 'fs-extra';
import type { Output } from '../agent/agent.ts';
import { hasCode } from './disk.ts';
import { modeOf } from './plan.ts';

/** Writes outputs below a directory, each at its own absolute path there. */
export async function writeBelow(directory: string, outputs: readonly Output[]): Promise<void> {
  const made = new Set<string>();
  for (const output of outputs) {
    const path = join(directory, output.path);
    if (!made.has(dirname(path))) await fs.ensureDir(dirname(path));
    made.add(dirname(path));
    try {
      await write(path, output);
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
      await fs.remove(path);
      await write(path, output);
    }
  }
}

async function write(path: string, output: Output): Promise<void> {
  if (output.kind === 'link') await fs.symlink(output.to, path);
  else await fs.writeFile(path, output.content, { mode: modeOf(output), flag: 'wx' });
}
