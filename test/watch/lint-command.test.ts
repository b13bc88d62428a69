import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { end } from '../support/program.ts';

const main = join(import.meta.dirname, '../../src/main.ts');
const directory = mkdtempSync(join(tmpdir(), 'lint-'));
after(() => rmSync(directory, { recursive: true }));

const bad = join(directory, 'a b.yaml');
const good = join(directory, 'good.yaml');
const pod = (annotation: string) =>
  `kind: Pod\nmetadata:\n  name: shop\n  annotations:\n    kubernetes-log-watcher/${annotation}\nspec: {containers: [{name: app}]}\n`;
writeFileSync(bad, pod('praser: x'));
writeFileSync(good, pod('parser: x'));

async function run(args: string[], input = '') {
  const child = spawn(process.execPath, [main, 'lint', ...args], { env: { PATH: process.env['PATH'] } });
  child.stdin.end(input);
  const { code, stdout, stderr } = await end(child);
  return { status: code, stdout, stderr };
}

describe('lint', { concurrency: true }, () => {
  test('the exit code tells what was found', async () => {
    assert.deepEqual(await run([good]), { status: 0, stdout: '', stderr: '' });
    const one = await run([good, bad]);
    assert.equal(one.status, 1);
    assert.match(
      one.stdout,
      /a b\.yaml:5:5: unknown-key: Pod shop \(document 1\): .*did you mean `kubernetes-log-watcher\/parser`\?\n$/,
    );
    const missing = await run([bad, join(directory, 'none')]);
    assert.equal(missing.status, 2);
    assert.match(missing.stderr, /none: there is no such file/);
    assert.match(missing.stdout, /unknown-key/);
  });

  test('standard input, and the options of the watcher that are about hints', async () => {
    assert.equal((await run(['-'], pod('parser: x'))).status, 0);
    const refused = await run(['-', '--hints', 'exclude'], pod('parser: x'));
    assert.deepEqual([refused.status, refused.stdout.split(' ')[1]], [1, 'not-allowed:']);
    assert.equal((await run(['-'], 'kind: [')).status, 2);
    const tenant = await run(
      ['-', '--tenants', '{"*": ["blue"]}'],
      pod('tenant: red').replace('name: shop', 'namespace: a'),
    );
    assert.match(tenant.stdout, /tenant-not-allowed/);
  });

  test('a wrong command line is told', async () => {
    assert.equal((await run([])).status, 2);
    assert.match((await run([good, '--format', 'xml'])).stderr, /`--format` is "xml"/);
    assert.match((await run([good, '--hints', 'parsers'])).stderr, /--hints/);
    assert.match((await run([good, '--hint-policy', '[{"hints": {"parser": "a b"}}]'])).stderr, /rule 1 .*parser/);
  });

  test('JSON and SARIF for other programs', async () => {
    const [finding] = JSON.parse((await run([bad, '--format', 'json'])).stdout) as Record<string, unknown>[];
    assert.deepEqual(finding, {
      file: bad,
      document: 1,
      object: { kind: 'Pod', namespace: '', name: 'shop' },
      annotation: 'kubernetes-log-watcher/praser',
      line: 5,
      column: 5,
      code: 'unknown-key',
      message: 'kubernetes-log-watcher/praser is no hint; did you mean `kubernetes-log-watcher/parser`?',
    });
    const sarif = JSON.parse((await run([bad, '--format', 'sarif'])).stdout) as {
      version: string;
      runs: {
        tool: { driver: { name: string; rules: { id: string }[] } };
        results: {
          ruleId: string;
          ruleIndex: number;
          locations: { physicalLocation: { artifactLocation: { uri: string }; region: { startLine: number } } }[];
        }[];
      }[];
    };
    const [log] = sarif.runs;
    const [result] = log?.results ?? [];
    const rules = log?.tool.driver.rules ?? [];
    assert.equal(sarif.version, '2.1.0');
    assert.equal(rules[result?.ruleIndex ?? -1]?.id, result?.ruleId);
    const place = result?.locations[0]?.physicalLocation;
    assert.match(place?.artifactLocation.uri ?? '', /^file:\/\/\/.*\/a%20b\.yaml$/);
    assert.equal(place?.region.startLine, 5);
    assert.deepEqual(JSON.parse((await run([good, '--format', 'json'])).stdout), []);
  });
});
