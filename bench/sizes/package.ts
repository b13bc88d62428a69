import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { table } from '../table.ts';

const root = join(import.meta.dirname, '../..');
const kB = (bytes: number) => Math.round(bytes / 1000);

/** What the bundle and the package weigh; both are there already. */
export function packageSizes(): string {
  const dist = join(root, 'dist');
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .map((path) => ({ path, bytes: statSync(join(dist, path)) }))
    .filter(({ bytes }) => bytes.isFile());
  const sum = (of: (path: string) => boolean) =>
    kB(files.filter(({ path }) => of(path)).reduce((sum, { bytes }) => sum + bytes.size, 0));
  const program = (path: string) => /^([^/]*|chunks\/.*)\.js$/.test(path);
  const legal = (path: string) => path.endsWith('.LEGAL.txt');
  const apart = ['agents', 'templates', 'page', 'types'];
  const rows = [
    { part: 'program', kB: sum(program) },
    ...apart.map((part) => ({ part, kB: sum((path) => path.startsWith(`${part}/`) && !legal(path)) })),
    { part: 'licences', kB: sum(legal) },
    { part: 'bundle in all', kB: sum(() => true) },
  ];
  const text = execFileSync('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'], {
    cwd: root,
    encoding: 'utf8',
  });
  const answer = JSON.parse(text) as Packed[] | Record<string, Packed>;
  const [packed] = Object.values(answer);
  if (!packed) throw new Error(`npm pack tells nothing: ${text.slice(0, 200)}`);
  rows.push({ part: 'npm package, unpacked', kB: kB(packed.unpackedSize) });
  rows.push({ part: 'npm package, packed', kB: kB(packed.size) });
  return table(rows);
}

interface Packed {
  size: number;
  unpackedSize: number;
}
