// The image: what is in it, that it is the same whenever it is built, and how little it needs to run.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cp, lstat, mkdir, mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import manifest from '../../package.json' with { type: 'json' };
import { root } from './support/helm.ts';
import { pod } from './support/objects.ts';
import { openTestbed, skip, type Testbed } from './support/testbed.ts';
import { until } from './support/until.ts';

const run = promisify(execFile);
const nodes = ['docker', 'containerd'] as const;
const revision = randomBytes(20).toString('hex');
const source = 'https://git.example/kube-log-watcher';

interface Config {
  architecture: string;
  config: { Labels: Record<string, string>; ExposedPorts: object; User?: string };
  rootfs: { diff_ids: string[] };
}
interface Entry {
  path: string;
  mode: number;
  mtimeMs: number;
  /** Whether it is a program or library of a processor. */
  binary: boolean;
}

/** All files and directories below, without their contents. */
async function entriesOf(folder: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const path of await readdir(folder, { recursive: true })) {
    const about = await lstat(join(folder, path));
    const { mode, mtimeMs } = about;
    let binary = false;
    if (about.isFile() && about.size > 4) {
      await using file = await open(join(folder, path));
      binary = (await file.read(Buffer.alloc(4), 0, 4)).buffer.toString('latin1') === '\x7fELF';
    }
    entries.push({ path, mode, mtimeMs, binary });
  }
  return entries;
}

describe('the image', { skip }, () => {
  const namespace = `e2e-${randomBytes(4).toString('hex')}`;
  const name = `kube-log-watcher:${namespace}`;
  let testbed: Testbed;
  let place: string;
  let config: Config;
  let entries: Entry[];

  /** Builds it of the sources as they were at the beginning, into `place`/`as`. */
  const build = async (as: string, ...options: string[]): Promise<Config> => {
    const told = await testbed.script('image', 'build', join(place, 'sources'), name, ...options);
    const archive = told.trim().split('\n').at(-1) ?? '';
    await mkdir(join(place, as));
    await run('tar', ['-C', join(place, as), '-xf', archive]);
    await rm(archive);
    const [{ Config } = { Config: '' }] = await read<{ Config: string }[]>(as, 'manifest.json');
    return read<Config>(as, Config);
  };
  const read = async <T>(...path: string[]) => JSON.parse(await readFile(join(place, ...path), 'utf8')) as T;

  before(async () => {
    place = await mkdtemp(join(tmpdir(), 'klw-image-'));
    testbed = await openTestbed();
    await testbed.kubectl(['create', 'namespace', namespace]);
    const left = new Set(['node_modules', 'dist', '.git', '.cache']);
    const filter = (path: string) => !left.has(relative(root, path).split(sep)[0] ?? '');
    await cp(root, join(place, 'sources'), { recursive: true, filter });
    config = await build('first', '--build-arg', `REVISION=${revision}`, '--build-arg', `SOURCE=${source}`);
    const [{ Layers } = { Layers: [] }] = await read<{ Layers: string[] }[]>('first', 'manifest.json');
    await mkdir(join(place, 'files'));
    for (const layer of Layers) await run('tar', ['-C', join(place, 'files'), '-pxf', join(place, 'first', layer)]);
    entries = await entriesOf(join(place, 'files'));
  });
  after(async () => {
    await testbed.kubectl(['delete', 'namespace', namespace, '--wait=false']);
    await testbed.run('docker', ['docker', 'rmi', '--force', name]);
    await testbed.run('containerd', ['ctr', '-n', 'k8s.io', 'images', 'rm', `docker.io/library/${name}`]);
    await testbed.close();
    await rm(place, { recursive: true });
  });

  it('is one layer of one program and what it is linked with, and nothing to break in with', () => {
    assert.equal(config.rootfs.diff_ids.length, 1);
    const binaries = entries.filter(({ binary }) => binary).map(({ path }) => path);
    assert.ok(binaries.includes('usr/local/bin/node'));
    for (const path of binaries)
      assert.match(path, /^(usr\/)?lib(64)?\/[\w-]*\/?(ld-linux-[\w-]+|lib[\w+]+)\.so\.\d$|^usr\/local\/bin\/node$/);
    for (const { path, mode } of entries) {
      assert.equal(mode & 0o6000, 0, `${path} changes who runs it`);
      assert.ok((mode & 0o002) === 0 || path === 'tmp', `${path} may be written by all`);
    }
  });

  it('has files of one time, whenever and wherever it is built', async () => {
    for (const { path, mtimeMs } of entries) assert.equal(mtimeMs, 0, path);
    const { rootfs } = await build('second', '--no-cache');
    assert.deepEqual(rootfs, config.rootfs);
  });

  it('has the program the same for every processor, with the licences of all', async () => {
    const program = entries.filter(({ path }) => path.startsWith('app/'));
    assert.ok(program.length > 50);
    assert.deepEqual(
      program.filter(({ path, binary }) => binary || path.endsWith('.node')),
      [],
    );
    const paths = entries.map(({ path }) => path);
    for (const path of ['app/THIRD-PARTY-LICENSES.txt', 'app/sbom.cdx.json', 'etc/os-release'])
      assert.ok(paths.includes(path), path);
    for (const library of ['libc6', 'libgcc-s1', 'libstdc++6']) {
      const status = await readFile(join(place, 'files/var/lib/dpkg/status.d', library), 'utf8');
      assert.match(status, new RegExp(`^Package: ${RegExp.escape(library)}\\n[^]*^Version: `, 'm'));
    }
  });

  it('tells what it is', () => {
    const { Labels, ExposedPorts } = config.config;
    const label = (of: string) => Labels[`org.opencontainers.image.${of}`];
    assert.deepEqual(['title', 'version', 'licenses', 'revision', 'source'].map(label), [
      manifest.name,
      manifest.version,
      manifest.license,
      revision,
      source,
    ]);
    assert.deepEqual(Object.keys(ExposedPorts), ['8080/tcp', '9469/tcp']);
  });

  it('runs as anybody, on a root that is read only, without any capability', async () => {
    for (const node of nodes) {
      const { spec, ...rest } = pod(`version-${node}`, node);
      const nobody = { runAsNonRoot: true, runAsUser: 65534, runAsGroup: 65534 };
      const nothing = {
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      };
      const container = { name: 'main', image: name, args: ['--version'], securityContext: nothing };
      const own = { ...spec, restartPolicy: 'Never', securityContext: nobody, containers: [container] };
      await testbed.kubectl(['apply', '-n', namespace, '-f', '-'], { ...rest, spec: own });
    }
    for (const node of nodes) {
      const of = ['-n', namespace, `version-${node}`];
      await until(`the end on ${node}`, async () => {
        const phase = await testbed.kubectl(['get', 'pod', ...of, '-o', 'jsonpath={.status.phase}']);
        assert.notEqual(phase, 'Failed', await testbed.kubectl(['logs', ...of]).catch(String));
        return phase === 'Succeeded';
      });
      assert.equal((await testbed.kubectl(['logs', ...of])).trim(), manifest.version);
    }
  });
});
