// Makes dist/: the program as a bundle, the agents beside it, and the templates.
import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type BuildOptions } from 'esbuild';

const out = join(import.meta.dirname, 'dist');

const common: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  minify: true,
  keepNames: true,
  legalComments: 'linked',
  logLevel: 'warning',
  // CommonJS packages in an ES module need a `require`.
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
};

await rm(out, { recursive: true, force: true });
const agents = await readdir('agents');
await build({
  ...common,
  entryPoints: ['src/main.ts'],
  outdir: out,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
});
await build({
  ...common,
  banner: {},
  entryPoints: agents.filter((file) => file.endsWith('.ts')).map((file) => join('agents', file)),
  outdir: join(out, 'agents'),
});
for (const file of agents.filter((file) => file.endsWith('.yaml')))
  await cp(join('agents', file), join(out, 'agents', file));
await cp('templates', join(out, 'templates'), { recursive: true });
