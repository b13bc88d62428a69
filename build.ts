// Makes dist/, or the directory that is given: the program as a bundle, the agents beside it, the templates, the types of
// the API of agents, and what the packages in it ask for.
import { execFile } from 'node:child_process';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build, type BuildOptions, type Plugin } from 'esbuild';
import { billOfMaterials, bundled, licenses } from './bundled.ts';
import manifest from './package.json' with { type: 'json' };

const given = import.meta.main ? process.argv[2] : undefined;
const out = resolve(given ?? join(import.meta.dirname, 'dist'));

/**
 * What packages import and the program never calls: of the Kubernetes client only the kubeconfig is used, and neither
 * its HTTP client nor the classes of the API; of the metrics no summary, no push and no cluster; the log is not
 * diagnosed; Handlebars writes no source maps. It costs start time and memory.
 */
const unused = [
  { import: /^(undici|socks)$|^\.\/gen\//, by: /@kubernetes\/client-node/ },
  { import: /^source-map$/, by: /handlebars/ },
  { import: /^@opentelemetry\/api$|^\.\/lib\/(summary|pushgateway|cluster|defaultMetrics)$/, by: /prom-client/ },
  { import: /^@dabh\/diagnostics$/, by: /winston/, as: '() => () => {}' },
];

const leaveOut: Plugin = {
  name: 'leave-out',
  setup({ onResolve, onLoad }) {
    for (const { import: filter, by, as = '{}' } of unused)
      onResolve({ filter }, ({ path, importer }) =>
        by.test(importer) ? { path, namespace: 'left-out', pluginData: as } : undefined,
      );
    onLoad({ filter: /.*/, namespace: 'left-out' }, ({ pluginData }) => ({
      contents: `module.exports = ${pluginData};`,
    }));
  },
};

/** What is taken of packages that the Kubernetes client imports and few need: each is a file that is only read then. */
const rare: Readonly<Record<string, string>> = {
  'js-yaml': 'load',
  'jsonpath-plus': 'JSONPath',
  'socks-proxy-agent': 'SocksProxyAgent',
};

const readLate: Plugin = {
  name: 'read-late',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^(${Object.keys(rare).join('|')})$`) }, ({ path, kind, importer }) => {
      if (kind === 'entry-point') return { path, namespace: 'rare' };
      return /@kubernetes\/client-node/.test(importer) ? { path, namespace: 'late' } : undefined;
    });
    onLoad({ filter: /.*/, namespace: 'rare' }, ({ path }) => ({
      contents: `export { ${rare[path]} } from ${JSON.stringify(path)};`,
      resolveDir: import.meta.dirname,
    }));
    onLoad({ filter: /.*/, namespace: 'late' }, ({ path }) => ({
      contents: `const read = require; module.exports = { get ${rare[path]}() { return read('./${path}.js').${rare[path]}; } };`,
    }));
  },
};

/**
 * Node's own modules, fetched as `require` would: an `import` of one reads all its exports, and with them loads parts
 * that are not asked for, up to the whole of undici by `node:http`. Who imports names has only these made.
 */
const plainBuiltins: Plugin = {
  name: 'plain-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /.*/ }, ({ path, kind }) =>
      isBuiltin(path) ? { path, namespace: kind === 'require-call' ? 'builtin' : 'builtin-names' } : undefined,
    );
    const whole = (path: string) => `process.getBuiltinModule(${JSON.stringify(path)})`;
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({ contents: `module.exports = ${whole(path)};` }));
    onLoad({ filter: /.*/, namespace: 'builtin-names' }, ({ path }) => {
      const names = Object.keys(process.getBuiltinModule(path) ?? {}).filter((name) => /^[a-z]\w*$/i.test(name));
      const made = names.map((name) => `const _${name} = /* @__PURE__ */ (() => whole.${name})();`);
      const list = names.map((name) => `_${name} as ${name}`).join(', ');
      return { contents: `const whole = ${whole(path)};\n${made.join('\n')}\nexport { whole as default, ${list} };` };
    });
  },
};

const common: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  // Names stay: they stand in stack traces, and keeping them beside short ones costs a call for each function made.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'linked',
  metafile: true,
  logLevel: 'warning',
  plugins: [leaveOut, readLate, plainBuiltins],
  banner: { js: banner() },
};

/** CommonJS packages in an ES module need a `require`, which few ever call; an older Node.js is told off before it meets what it lacks. */
function banner(): string {
  const older = '`kube-log-watcher needs Node.js 24 or newer; this is ${process.version}\\n`';
  return [
    `if (parseInt(process.versions.node) < 24) { process.stderr.write(${older}); process.exit(1); }`,
    "const require = (name) => process.getBuiltinModule('node:module').createRequire(import.meta.url)(name);",
  ].join('\n');
}

await rm(out, { recursive: true, force: true });
const agents = await readdir('agents');
const { metafile: program } = await build({
  ...common,
  entryPoints: {
    main: 'src/main.ts',
    agent: 'src/agent/api.ts',
    'agent-thread': 'src/agent/thread.ts',
    'kit-thread': 'src/kit/thread.ts',
    'sqlite-thread': 'src/serve/stores/sqlite/thread.ts',
    ...Object.fromEntries(Object.keys(rare).map((name) => [`chunks/${name}`, name])),
  },
  outdir: out,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
});
const { metafile: plugins } = await build({
  ...common,
  banner: {},
  entryPoints: agents.filter((file) => file.endsWith('.ts')).map((file) => join('agents', file)),
  outdir: join(out, 'agents'),
});
for (const file of agents.filter((file) => file.endsWith('.yaml')))
  await cp(join('agents', file), join(out, 'agents', file));
await cp('templates', join(out, 'templates'), { recursive: true });

/** The page of `serve`: as few and as small files as can be, since it is loaded from afar. */
const page = 'src/serve/page';
const { metafile: pages } = await build({
  bundle: true,
  metafile: true,
  minify: true,
  charset: 'utf8',
  target: ['es2023', 'chrome123', 'firefox128', 'safari17.5'],
  format: 'esm',
  logLevel: 'warning',
  entryPoints: ['main.js', 'theme.js', 'style.css'].map((file) => join(page, file)),
  outdir: join(out, 'page'),
});
for (const file of ['index.html', 'icon.svg']) await cp(join(page, file), join(out, 'page', file));

const packages = await bundled('.', [program!, plugins!, pages]);
await writeFile(join(out, 'THIRD-PARTY-LICENSES.txt'), licenses(packages));
await writeFile(join(out, 'sbom.cdx.json'), billOfMaterials(manifest, packages));

/** What `kube-log-watcher/agent` is to a type checker. */
const types = join(out, 'types');
const flags = [
  '--declaration',
  '--emitDeclarationOnly',
  '--outDir',
  types,
  '--rootDir',
  'src',
  '--strict',
  '--skipLibCheck',
];
const language = ['--target', 'es2025', '--module', 'nodenext', '--allowImportingTsExtensions', '--types', 'node'];
const compiler = join(import.meta.dirname, 'node_modules', 'typescript', 'bin', 'tsc');
await promisify(execFile)(process.execPath, [compiler, '--ignoreConfig', 'src/agent/api.ts', ...flags, ...language]);
for (const file of (await readdir(types, { recursive: true })).filter((file) => file.endsWith('.d.ts'))) {
  const text = await readFile(join(types, file), 'utf8');
  await writeFile(join(types, file), text.replace(/(?<=from '\.[^']*)\.ts'/g, ".js'"));
}
