// Writes what the Helm chart takes over from elsewhere: the shippers' files, the rules of roles, the versions, and the
// table in its README: `node chart.ts`. With a directory it writes them there.
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMap, isScalar, parseDocument, stringify, type YAMLMap } from 'yaml';
import { between, table } from './docs/table.ts';
import manifest from './package.json' with { type: 'json' };
import { features } from './src/kubernetes/rbac.ts';

const manifests = join(import.meta.dirname, 'manifests');
export const chart = join(manifests, 'helm', 'kube-log-watcher');

/** Each value with its comment, in the order of the file. */
export function rows(text: string): { key: string; value: string; about: string }[] {
  const document = parseDocument(text);
  const found: { key: string; value: string; about: string }[] = [];
  const walk = (map: YAMLMap, path: string, outer: string | null | undefined) => {
    for (const [at, { key, value }] of map.items.entries()) {
      const name = String(isScalar(key) ? key.value : key);
      const before = (isScalar(key) && key.commentBefore) || (at === 0 ? map.commentBefore : undefined);
      const about = before || (at === 0 ? outer : undefined);
      const full = path ? `${path}.${name}` : name;
      if (isMap(value) && value.items.length > 0 && !value.flow) {
        if (before) found.push({ key: full, value: '', about: sentence(before) });
        walk(value, full, undefined);
      } else {
        const plain = (value as { toJSON(): unknown } | null)?.toJSON();
        found.push({ key: full, value: JSON.stringify(plain ?? ''), about: sentence(about ?? '') });
      }
    }
  };
  if (isMap(document.contents)) walk(document.contents, '', document.commentBefore);
  return found;
}

const sentence = (comment: string) =>
  comment
    .split(/\n\s*\n/)
    .at(-1)!
    .split('\n')
    .map((line) => line.trim())
    .join(' ');

export function valuesTable(text: string): string {
  const cells = rows(text).map(({ key, value, about }) => [`\`${key}\``, value && `\`${value}\``, about]);
  return table([['value', 'default', ''], ...cells]);
}

/** Writes it all to a folder that looks like the chart's. */
export async function write(to: string): Promise<void> {
  const files = join(to, 'files');
  await rm(files, { recursive: true, force: true });
  for (const name of await readdir(manifests)) {
    const inside: string[] = name.includes('.') ? [] : await readdir(join(manifests, name));
    if (!inside.includes('sidecar.yaml')) continue;
    await mkdir(join(files, name), { recursive: true });
    for (const file of inside.filter((file) => file !== 'kustomization.yaml' && !file.startsWith('compose')))
      await cp(join(manifests, name, file), join(files, name, file));
  }
  await mkdir(join(files, 'monitoring'));
  for (const file of ['alerts.yaml', 'dashboard.json'])
    await cp(join(manifests, 'monitoring', file), join(files, 'monitoring', file));
  const rules = Object.fromEntries(Object.entries(features).map(([name, { rules }]) => [name, rules]));
  await writeFile(join(files, 'rbac.yaml'), `# Written by chart.ts.\n${stringify(rules)}`);
  const readme = await readFile(join(chart, 'README.md'), 'utf8');
  const values = await readFile(join(chart, 'values.yaml'), 'utf8');
  await writeFile(join(to, 'README.md'), between(readme, 'values', valuesTable(values)));
  const about = await readFile(join(chart, 'Chart.yaml'), 'utf8');
  await writeFile(join(to, 'Chart.yaml'), about.replaceAll(/^(version|appVersion): .*$/gm, `$1: ${manifest.version}`));
}

if (import.meta.main) await write(process.argv[2] ?? chart);
