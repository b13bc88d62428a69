import { dirname, join } from 'node:path';
import fs from 'fs-extra';
import type { Output } from '../agent/agent.ts';
import { modeOf } from './plan.ts';

/** Writes outputs below a directory, each at its own absolute path there. */
export async function writeBelow(directory: string, outputs: readonly Output[]): Promise<void> {
  for (const output of outputs) {
    const path = join(directory, output.path);
    await fs.ensureDir(dirname(path));
    await fs.remove(path);
    if (output.kind === 'link') await fs.symlink(output.to, path);
    else await fs.writeFile(path, output.content, { mode: modeOf(output) });
  }
}
