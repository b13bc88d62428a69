import { mkdir, mkdtemp, readFile, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type { TestContext } from 'node:test';

/** A directory of the test's own, removed after it. */
export async function temporaryDirectory(t: Pick<TestContext, 'after'>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'klw-test-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Such a directory with these files, by their relative paths. */
export async function makeTree(t: Pick<TestContext, 'after'>, files: Record<string, string>): Promise<string> {
  const root = await temporaryDirectory(t);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  return root;
}

/**
 * All files below a directory by their relative paths, with content; links as `-> target`. The inventory is left out,
 * other hidden files too unless asked for; what goes while this looks is left out as well.
 */
export async function tree(root: string, { hidden = false } = {}): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  for (const entry of entries.sort((a, b) => (join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1))) {
    if (entry.name.endsWith('.inventory') || (entry.name.startsWith('.') && !hidden)) continue;
    const path = join(entry.parentPath, entry.name);
    try {
      if (entry.isSymbolicLink()) found[relative(root, path)] = `-> ${await readlink(path)}`;
      else if (entry.isFile()) found[relative(root, path)] = await readFile(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return found;
}
