// What is published of the program: the bundle, built anew.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { billOfMaterials, bundled, licenses } from '../../bundled.ts';
import manifest from '../../package.json' with { type: 'json' };
import { temporaryDirectory } from '../support/tree.ts';

const root = join(import.meta.dirname, '../..');
/** Licences that ask for nothing but to be passed on. */
const accepted = ['Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT'];
const out = mkdtempSync(join(tmpdir(), 'bundle-'));
const read = (file: string) => readFileSync(join(out, file), 'utf8');

interface Component {
  group?: string;
  name: string;
  version: string;
  purl: string;
  hashes?: { content: string }[];
  licenses: { license: { id: string } }[];
}
const components = () => (JSON.parse(read('sbom.cdx.json')) as { components: Component[] }).components;

before(() => execFileSync(process.execPath, ['build.ts', out], { cwd: root, stdio: 'ignore' }));
after(() => rmSync(out, { recursive: true }));

test('it runs by itself', () => {
  const { stdout, stderr } = spawnSync(process.execPath, [join(out, 'main.js'), '--version'], {
    encoding: 'utf8',
    cwd: out,
  });
  assert.deepEqual([stdout.trim(), stderr], [manifest.version, '']);
});

test('what it reads only when it is asked for is there: YAML, and a way through a SOCKS proxy', async (t) => {
  const proxy = createServer().listen(0, '127.0.0.1');
  t.after(() => proxy.close());
  await once(proxy, 'listening');
  const kubeconfig = join(await temporaryDirectory(t), 'config');
  writeFileSync(
    kubeconfig,
    `current-context: day
clusters: [{ name: there, cluster: { server: 'http://192.0.2.1', proxy-url: 'socks5://127.0.0.1:${(proxy.address() as AddressInfo).port}' } }]
users: [{ name: me, user: { token: made-up } }]
contexts: [{ name: day, context: { cluster: there, user: me } }]
`,
  );
  const env = { PATH: process.env['PATH'], WATCHER_KUBECONFIG: kubeconfig, WATCHER_SYMLINK_DIR: out };
  const flags = ['--agents', 'symlinker', '--node-name', 'a'];
  const child = spawn(process.execPath, [join(out, 'main.js'), 'doctor', ...flags], { env, stdio: 'ignore' });
  const ended = once(child, 'exit').then(([code]) => assert.fail(`it ended with ${code} and asked no proxy`));
  const asked = once(proxy, 'connection').then(([socket]) => once(socket as Socket, 'data'));
  const [greeting] = (await Promise.race([asked, ended])) as [Buffer];
  child.kill('SIGKILL');
  await ended.catch(() => undefined);
  assert.equal(greeting[0], 5);
});

test('nothing in it depends on a processor', () => {
  const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  assert.ok(files.length > 50);
  const kinds = new Set(files.map(({ name }) => name.replace(/^[^.]*/, '').replace(/^.*(?=\.\w+$)/, '')));
  assert.deepEqual([...kinds].toSorted(), ['.css', '.hbs', '.html', '.js', '.json', '.svg', '.ts', '.txt', '.yaml']);
  for (const { name, parentPath } of files)
    assert.ok(!readFileSync(join(parentPath, name)).includes(0), `${name} is no text`);
});

test('the license of each package in it is beside it, and asks for no more than that', () => {
  const text = read('THIRD-PARTY-LICENSES.txt');
  const all = components();
  assert.ok(all.length > 30);
  for (const { group, name, version, licenses, hashes, purl } of all) {
    const [id = ''] = licenses.map(({ license }) => license.id);
    assert.ok(accepted.includes(id), `${purl}: ${id}`);
    assert.match(hashes?.[0]?.content ?? '', /^[0-9a-f]{128}$/, purl);
    const full = group ? `${group}/${name}` : name;
    const [, own = ''] = text.split(`\n${full} ${version} (${id})\n`);
    assert.match(own.slice(0, 2000), /copyright|license/i, `${purl} has no text`);
  }
});

test('the bill of materials names what npm knows, and all that is depended on directly', () => {
  const printed = execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const known = new Set((JSON.parse(printed) as { components: Component[] }).components.map(({ purl }) => purl));
  const all = components().map(({ purl }) => purl);
  assert.deepEqual(
    all.filter((purl) => !known.has(purl)),
    [],
  );
  for (const name of Object.keys(manifest.dependencies))
    assert.ok(
      all.some((purl) => purl.startsWith(`pkg:npm/${name.replace('@', '%40')}@`)),
      name,
    );
});

test('a scoped package is named as npm names it', () => {
  const one = { name: '@scope/b', version: '1.0.0', license: 'MIT', text: 'Copyright' };
  assert.match(billOfMaterials({ ...one, name: 'x' }, [one]), /"purl": "pkg:npm\/%40scope\/b@1\.0\.0"/);
  assert.match(licenses([one]), /\n@scope\/b 1\.0\.0 \(MIT\)\n\nCopyright\n/);
});

test('a package whose license is missing is not bundled; one whose code is left out is not named', async (t) => {
  const place = await temporaryDirectory(t);
  const files = {
    'package-lock.json': '{"packages":{"node_modules/a":{"integrity":"sha512-AAAA"}}}',
    'node_modules/a/package.json': '{"name":"a","version":"1.0.0","license":"MIT"}',
    'node_modules/a/LICENSE': 'MIT, of a',
    'node_modules/a/NOTICE.txt': 'and a notice',
    'node_modules/a/node_modules/@s/b/package.json': '{"name":"@s/b","version":"2.0.0","license":"MIT"}',
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(place, path)), { recursive: true });
    writeFileSync(join(place, path), text);
  }
  const output = (bytes: Record<string, number>) => ({
    outputs: {
      'main.js': {
        bytes: 1,
        imports: [],
        exports: [],
        inputs: Object.fromEntries(Object.entries(bytes).map(([path, bytesInOutput]) => [path, { bytesInOutput }])),
      },
    },
    inputs: {},
  });
  const a = {
    name: 'a',
    version: '1.0.0',
    license: 'MIT',
    text: 'MIT, of a\n\nand a notice',
    integrity: 'sha512-AAAA',
  };
  const inner = 'node_modules/a/node_modules/@s/b/index.js';
  assert.deepEqual(await bundled(place, [output({ 'src/main.ts': 9, 'node_modules/a/x.js': 1, [inner]: 0 })]), [a]);
  await assert.rejects(bundled(place, [output({ [inner]: 1 })]), /@s\/b comes without its licence/);
});
