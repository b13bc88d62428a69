// A release, as far as it goes without publishing: `npm version`, then what release.yml runs, as it stands there.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { helm, root, runHelm } from './support/helm.ts';

const version = '9.8.7-rc.1';
const image = 'ghcr.io/someone/kube-log-watcher';
const digest = `sha256:${'ab'.repeat(32)}`;
const withoutHelm = helm === undefined && 'there is no helm';
const actionlint = join(root, '.cache/bin/actionlint');
const withoutActionlint = !existsSync(actionlint) && 'test/e2e/support/checkers.sh brings it';

interface Step {
  id?: string;
  name?: string;
  run?: string;
  env?: Record<string, string>;
}

/** Steps that need what is not here: registries, GitHub, a Docker that builds for other processors, minutes. */
const elsewhere = [/^npm (ci|test)$/, /^All stages and platforms/, /^Push the chart/, /^Make the release/];

describe('the workflows', { skip: withoutActionlint }, () => {
  it('are what GitHub takes, and their scripts are sound', () => {
    const { status, stdout } = spawnSync(actionlint, { cwd: root, encoding: 'utf8' });
    assert.equal(status, 0, stdout);
  });
});

describe('a release', () => {
  let place: string;
  let clone: string;
  let jobs: Record<string, { steps: Step[] }>;
  const registry = createServer((_, response) => response.writeHead(404).end('{}'));

  const run = async (command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd = clone) => {
    const git = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@b', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@b' };
    const { port } = registry.address() as AddressInfo;
    const npm = { npm_config_registry: `http://127.0.0.1:${port}`, npm_config_audit: 'false' };
    const path = [dirname(process.execPath), helm ? dirname(helm) : '', process.env['PATH']].join(':');
    const whole = { PATH: path, HOME: place, ...git, ...npm, ...env };
    const child = spawn(command, args, { cwd, env: whole, stdio: ['ignore', 'pipe', 'pipe'] });
    let told = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (told += String(chunk)));
    const [code] = (await once(child, 'close')) as [number | null];
    assert.equal(code, 0, `${args.join(' ')}: ${told}`);
    return told;
  };

  /** Runs the steps of a job that can be run here, as GitHub would, and says which. */
  const play = async (job: string, more: NodeJS.ProcessEnv = {}): Promise<string[]> => {
    const played: string[] = [];
    for (const { name = '', run: script, env = {} } of jobs[job]?.steps ?? []) {
      if (script === undefined || elsewhere.some((one) => one.test(name || script))) continue;
      const known: Record<string, string> = { 'needs.image.outputs.name': image, 'needs.image.outputs.digest': digest };
      const filled = Object.entries(env).map(([key, value]) => [
        key,
        value.replaceAll(/\$\{\{ (.*?) \}\}/g, (_, what: string) => known[what] ?? 'none'),
      ]);
      const github = {
        GITHUB_REF_NAME: `v${version}`,
        GITHUB_REPOSITORY: 'Someone/kube-log-watcher',
        GITHUB_SERVER_URL: 'https://git.example',
        GITHUB_OUTPUT: join(place, 'output'),
        // Nothing is published, whatever happens.
        npm_config_dry_run: String(/npm publish/.test(script)),
      };
      await run('bash', ['-eo', 'pipefail', '-c', script], {
        ...github,
        ...(Object.fromEntries(filled) as object),
        ...more,
      });
      played.push(name || script);
    }
    return played;
  };

  before(async () => {
    registry.listen(0, '127.0.0.1');
    place = await mkdtemp(join(tmpdir(), 'klw-release-'));
    clone = join(place, 'clone');
    const left = new Set(['node_modules', 'dist', '.git', '.cache']);
    await cp(root, clone, {
      recursive: true,
      filter: (path) => !left.has(relative(root, path).split(sep)[0] ?? ''),
    });
    await mkdir(join(clone, '.git', 'info'), { recursive: true });
    await symlink(join(root, 'node_modules'), join(clone, 'node_modules'));
    await run('git', ['init', '-q']);
    await run('bash', [
      '-c',
      'echo node_modules >> .git/info/exclude; git add --all; git commit -q -m "feat: all of it"',
    ]);
    await run('git', ['tag', 'v1.0.0']);
    for (const subject of ['feat(x): what is new', 'fix: what was wrong', 'test: what nobody asks for'])
      await run('git', ['commit', '-q', '--allow-empty', '-m', subject]);
    const text = await readFile(join(clone, '.github/workflows/release.yml'), 'utf8');
    ({ jobs } = parse(text) as { jobs: Record<string, { steps: Step[] }> });
  });
  after(async () => {
    registry.close();
    await rm(place, { recursive: true });
  });

  it('begins with npm version: one number everywhere, a changelog out of commits, a tag', async () => {
    await run('npm', ['version', version, '--message', 'chore: %s']);
    const changelog = await readFile(join(clone, 'CHANGELOG.md'), 'utf8');
    assert.match(
      changelog,
      /^# Changelog\n\n## 9\.8\.7-rc\.1 \(\d{4}-\d\d-\d\d\)\n\n### New\n\n- what is new\n\n### Fixed\n\n- what was wrong\n\n## 1/,
    );
    assert.equal((await run('git', ['status', '--porcelain'])).trim(), '');
    assert.equal((await run('git', ['describe', '--tags'])).trim(), `v${version}`);
    const tests = ['package', 'chart', 'manifests'].map((name) => `test/delivery/${name}.test.ts`);
    await run(process.execPath, ['--test', ...tests], { NODE_TEST_CONTEXT: undefined });
  });

  it('is of the tag that package.json says, and of no other', async () => {
    assert.deepEqual(await play('test'), ['The tag is the version of package.json', 'The changelog tells of it']);
    await assert.rejects(play('test', { GITHUB_REF_NAME: 'v9.8.8' }));
  });

  it('packs a chart that names the image by its digest', { skip: withoutHelm }, async () => {
    assert.deepEqual(await play('chart'), ['The chart names the image by its digest', 'Pack the chart']);
    const packed = join(clone, `kube-log-watcher-${version}.tgz`);
    const shown = await runHelm('template', packed);
    const images = new Set([...shown.matchAll(/image: (.*)/g)].map(([, name]) => name));
    assert.deepEqual(images, new Set([`${image}@${digest}`]));
    assert.match(await runHelm('show', 'chart', packed), new RegExp(`^version: ${RegExp.escape(version)}$`, 'm'));
    await rm(packed);
    await run('git', ['checkout', '-q', '--', '.']);
  });

  it('names an image of that version, its files of the time of the commit', async () => {
    assert.deepEqual(await play('image'), ['What it is called, and of when its files are']);
    const time = (await run('git', ['log', '-1', '--format=%ct'])).trim();
    const output = await readFile(join(place, 'output'), 'utf8');
    assert.equal(output, `name=ghcr.io/someone/kube-log-watcher\nversion=${version}\nepoch=${time}\n`);
  });

  it('packs and would publish an npm package that needs no other', async () => {
    assert.match((await play('npm')).join('\n'), /^The bundle has in it .*\nPublish the package.*$/);
    const packed = join(clone, `kube-log-watcher-${version}.tgz`);
    const prefix = join(place, 'prefix');
    await run('npm', ['install', '--global', '--offline', '--prefix', prefix, packed]);
    const installed = await readdir(join(prefix, 'lib/node_modules'), { recursive: true });
    assert.deepEqual(
      installed.filter((path) => path.endsWith(`${sep}package.json`)),
      ['kube-log-watcher/package.json'],
    );
    for (const file of ['LICENSE', 'dist/THIRD-PARTY-LICENSES.txt', 'dist/sbom.cdx.json'])
      assert.ok(installed.includes(join('kube-log-watcher', file)), file);
    assert.equal((await run(join(prefix, 'bin/kube-log-watcher'), ['--version'])).trim(), version);
    const about = await readFile(join(prefix, 'lib/node_modules/kube-log-watcher/package.json'), 'utf8');
    const { repository } = JSON.parse(about) as { repository: { url: string } };
    assert.equal(repository.url, 'git+https://git.example/Someone/kube-log-watcher.git');
  });

  it('ends with what the changelog says, and the digest of the image', async () => {
    assert.deepEqual(await play('notes'), ['What the changelog says, and the image by its digest']);
    const notes = await readFile(join(clone, 'notes.md'), 'utf8');
    assert.match(
      notes,
      /^### New\n\n- what is new\n[^]*\n\nImage: `ghcr\.io\/someone\/kube-log-watcher@sha256:(ab){32}`\n$/,
    );
  });
});
