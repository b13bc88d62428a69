import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Testbed } from './testbed.ts';

const run = promisify(execFile);

/** A file or directory of this machine, and where it lies in the image if not at the same place. */
export interface Part {
  from: string;
  to?: string;
  /** Names of what is left out. */
  without?: readonly string[];
}

export interface Programs {
  parts: readonly Part[];
  /** Files by their path. */
  texts?: Readonly<Record<string, string>>;
  entrypoint: readonly string[];
  env?: Readonly<Record<string, string>>;
}

/** Builds an image of programs of this machine with the libraries that they are linked to, upon busybox, into the nodes. */
export async function buildPrograms(testbed: Testbed, name: string, programs: Programs): Promise<void> {
  const { parts, texts = {}, entrypoint, env = {} } = programs;
  const directory = await mkdtemp(join(tmpdir(), 'klw-image-'));
  const inImage = (path: string) => join(directory, 'root', path);
  try {
    for (const { from, to = from, without = [] } of parts) {
      await mkdir(dirname(inImage(to)), { recursive: true });
      const filter = (path: string) => !without.some((left) => path.endsWith(`/${left}`));
      await cp(from, inImage(to), { recursive: true, dereference: true, filter });
    }
    for (const library of await libraries(join(directory, 'root'))) {
      await mkdir(dirname(inImage(library)), { recursive: true });
      await cp(library, inImage(library), { dereference: true });
    }
    for (const [path, text] of Object.entries(texts)) {
      await mkdir(dirname(inImage(path)), { recursive: true });
      await writeFile(inImage(path), text, { mode: 0o755 });
    }
    const lines = [
      'FROM busybox:1.35',
      'COPY root/ /',
      ...Object.entries(env).map(([key, value]) => `ENV ${key}=${value}`),
      `ENTRYPOINT ${JSON.stringify(entrypoint)}`,
      '',
    ];
    await writeFile(join(directory, 'Dockerfile'), lines.join('\n'));
    await testbed.script('image', 'build', directory, name);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** What the programs and libraries below a directory are linked to; files of other kinds are linked to nothing. */
async function libraries(directory: string): Promise<Set<string>> {
  const find =
    'find "$0" -type f \\( -perm -u+x -o -name "*.so*" \\) -exec sh -c \'for f; do ldd "$f" 2>/dev/null || :; done\' x {} +';
  const { stdout } = await run('sh', ['-c', find, directory], { maxBuffer: 64 * 1024 * 1024 });
  return new Set(
    [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path).filter((path) => !path.startsWith(directory)),
  );
}
