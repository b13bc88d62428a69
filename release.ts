// Brings the version of package.json to all files that name it, and what the commits say to the changelog: `npm version`
// runs it. `node release.ts notes` prints what the changelog says of this version.
import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import manifest from './package.json' with { type: 'json' };

const named = /(?<=kube-log-watcher:|VERSION=)\d+\.\d+\.\d+(?:-[\w.]+)?/g;
const kinds = [
  ['New', /^feat(?:\([^)]*\))?: (.*)/],
  ['Changed', /^\w+(?:\([^)]*\))?!: (.*)/],
  ['Faster', /^perf(?:\([^)]*\))?: (.*)/],
  ['Fixed', /^fix(?:\([^)]*\))?: (.*)/],
] as const;

export function renamed(text: string, version: string): string {
  return text.replaceAll(named, version);
}

/** A section of the changelog, made of the subjects of commits, the oldest first. */
export function drafted(heading: string, subjects: readonly string[]): string {
  const parts = kinds.flatMap(([title, pattern]) => {
    const lines = subjects.flatMap((subject) => pattern.exec(subject)?.[1] ?? []);
    return lines.length > 0 ? [`### ${title}`, lines.map((line) => `- ${line}`).join('\n')] : [];
  });
  return [`## ${heading}`, ...parts].join('\n\n');
}

/** What the changelog has under a version, or for one with a dash under that which it comes before. */
export function notes(changelog: string, version: string): string | undefined {
  const sections = changelog.split(/^## /m).slice(1);
  const of = (name: string) => sections.find((section) => section.split(/\s/, 1)[0] === name);
  const found = of(version) ?? of(version.replace(/-.*/, ''));
  return found?.slice(found.indexOf('\n')).trim();
}

/** The changelog with a section for a version: the one that was being written, or a drafted one. */
export function entered(changelog: string, version: string, day: string, subjects: readonly string[]): string {
  const heading = `${version} (${day})`;
  if (notes(changelog, version) !== undefined)
    return changelog.replace(`## ${version} (not released)`, `## ${heading}`);
  const [top = '', ...sections] = changelog.split(/^(?=## )/m);
  return [top, `${drafted(heading, subjects)}\n\n`, ...sections].join('');
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  const path = join(import.meta.dirname, file);
  const text = await readFile(path, 'utf8');
  if (change(text) !== text) await writeFile(path, change(text));
}

/** The subjects of the commits since the last tag. */
function subjects(): string[] {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim();
  const last = git('tag', '--list', 'v*', '--merged', 'HEAD', '--sort=-creatordate').split('\n')[0];
  return git('log', '--reverse', '--no-merges', '--format=%s', last ? `${last}..HEAD` : 'HEAD').split('\n');
}

if (import.meta.main) {
  const { version } = manifest;
  if (process.argv[2] === 'notes') {
    const text = notes(await readFile(join(import.meta.dirname, 'CHANGELOG.md'), 'utf8'), version);
    if (text === undefined) throw new Error(`CHANGELOG.md has nothing of ${version}: \`node release.ts\` begins it`);
    console.log(text);
  } else {
    const files = globSync('manifests/*/*.yaml', { cwd: import.meta.dirname });
    for (const file of ['Dockerfile', 'README.md', ...files]) await edit(file, (text) => renamed(text, version));
    const day = new Date().toISOString().slice(0, 10);
    await edit('CHANGELOG.md', (text) => entered(text, version, day, subjects()));
    // Its packages are not needed for the notes.
    const { chart, write } = await import('./chart.ts');
    await write(chart);
  }
}
