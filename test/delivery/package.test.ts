import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { readFileSync } from 'node:fs';
import manifest from '../../package.json' with { type: 'json' };

const root = join(import.meta.dirname, '../..');

test('the package has what it must and no more', () => {
  const printed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const packed = JSON.parse(printed) as { files: { path: string }[] }[] | Record<string, { files: { path: string }[] }>;
  const [one] = Object.values(packed);
  const paths = (one?.files ?? []).map(({ path }) => path).filter((path) => !path.startsWith('dist/'));
  const tops = new Set(paths.map((path) => path.split('/')[0]));
  assert.deepEqual(tops, new Set(['CHANGELOG.md', 'LICENSE', 'README.md', 'docs', 'manifests', 'package.json']));
  assert.deepEqual(
    paths.filter((path) => /\.[jt]s$|\.tgz$|node_modules/.test(path)),
    [],
  );
  const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.md'),
  );
  for (const page of pages) assert.ok(paths.includes(`docs/${page}`), page);
  for (const file of ['Chart.yaml', 'values.schema.json', 'templates/daemonset.yaml', 'files/ship/sidecar.yaml'])
    assert.ok(paths.includes(`manifests/helm/kube-log-watcher/${file}`), file);
});

test('one version everywhere', () => {
  const texts = ['Dockerfile', 'README.md'].map((file) => readFileSync(join(root, file), 'utf8'));
  for (const text of texts)
    for (const [, version] of text.matchAll(/(?:kube-log-watcher:|VERSION=)(\d[\w.-]*)/g))
      assert.equal(version, manifest.version);
});

test('the workflows give no right that is not named for a job, end, and pin every action', () => {
  const folder = join(root, '.github/workflows');
  for (const file of readdirSync(folder)) {
    const text = readFileSync(join(folder, file), 'utf8');
    const { permissions, defaults, jobs } = parse(text) as {
      defaults: object;
      permissions: object;
      jobs: Record<string, { permissions?: object; 'timeout-minutes'?: number }>;
    };
    assert.deepEqual(permissions, {}, file);
    assert.deepEqual(defaults, { run: { shell: 'bash' } }, `${file}: a failure before a pipe is not seen`);
    for (const [name, job] of Object.entries(jobs)) {
      assert.ok(job['timeout-minutes'], `${file}: ${name} may run for ever`);
      assert.ok(job.permissions, `${file}: ${name} does not say what it may`);
    }
    for (const line of text.split('\n').filter((line) => line.includes('uses:')))
      assert.match(line, / uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, file);
    const checkouts = text.split('uses: actions/checkout@').slice(1);
    for (const after of checkouts) assert.match(after.split('\n')[1] ?? '', /persist-credentials: false/, file);
  }
});
