// What the bundles are made of: the packages in them, the texts of their licences, and a bill of materials.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

export interface Bundled {
  name: string;
  version: string;
  /** SPDX's name of it, as the package says. */
  license: string;
  /** Its files of licence and notice, one after the other. */
  text: string;
  /** What npm knows its archive by: `sha512-` and base64. */
  integrity?: string;
}

/** The packages with at least one byte in an output, by name; rejects for one that comes without its licence. */
export async function bundled(root: string, metafiles: readonly Metafile[]): Promise<Bundled[]> {
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { integrity?: string }>;
  };
  const outputs = metafiles.flatMap(({ outputs }) => Object.values(outputs));
  const inputs = outputs.flatMap(({ inputs }) => Object.entries(inputs));
  const used = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  const folders = new Set(
    used.flatMap(([path]) => /node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+/.exec(path) ?? []),
  );
  const found = new Map<string, Bundled>();
  for (const folder of folders) {
    const about = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8')) as Record<string, string>;
    const { name = folder, version = '', license } = about;
    const files = (await readdir(join(root, folder))).filter((file) =>
      /^(licen[sc]e|copying|notice)(\.\w+|-\w+\.\w+)?$/i.test(file),
    );
    if (!license || files.length === 0) throw new Error(`${folder} comes without its licence`);
    const texts = await Promise.all(files.toSorted().map((file) => readFile(join(root, folder, file), 'utf8')));
    const text = texts.map((one) => one.trim()).join('\n\n');
    found.set(`${name}@${version}`, { name, version, license, text, integrity: lock.packages[folder]?.integrity });
  }
  return [...found.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

/** What the licences ask to be passed on with the code. */
export function licenses(all: readonly Bundled[]): string {
  const parts = all.map(({ name, version, license, text }) => `${name} ${version} (${license})\n\n${text}\n`);
  const line = `\n${'-'.repeat(80)}\n\n`;
  return ['The program contains these packages, each under its own license.\n', ...parts].join(line);
}

const purl = ({ name, version }: { name: string; version: string }) => `pkg:npm/${name.replace('@', '%40')}@${version}`;

/** The bill of materials as CycloneDX 1.6; equal packages give equal bytes. */
export function billOfMaterials(
  of: { name: string; version: string; license: string },
  all: readonly Bundled[],
): string {
  const component = (type: string, one: { name: string; version: string; license: string; integrity?: string }) => {
    const [, group, name] = /^(?:(@[^/]+)\/)?(.*)$/.exec(one.name) ?? [];
    const [, algorithm, hash] = /^(sha512)-(.*)$/.exec(one.integrity ?? '') ?? [];
    return {
      type,
      'bom-ref': purl(one),
      group,
      name,
      version: one.version,
      hashes: algorithm && [{ alg: 'SHA-512', content: Buffer.from(hash ?? '', 'base64').toString('hex') }],
      licenses: [{ license: { id: one.license } }],
      purl: purl(one),
    };
  };
  const bill = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: component('application', of) },
    components: all.map((one) => component('library', one)),
    dependencies: [{ ref: purl(of), dependsOn: all.map(purl) }],
  };
  return `${JSON.stringify(bill, undefined, 2)}\n`;
}
