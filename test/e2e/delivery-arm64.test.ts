// The bundle on the other processor that the image is for: by QEMU, with arm64's Node.js.
import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import manifest from '../../package.json' with { type: 'json' };
import { until, watching } from '../support/program.ts';
import { root } from './support/helm.ts';

const run = promisify(execFile);
const arm64 = join(root, '.cache/arm64');
const qemu = 'qemu-aarch64-static';
const skip =
  (!existsSync(arm64) && 'test/e2e/support/arm64.sh brings it') ||
  (spawnSync(qemu, ['--version']).status !== 0 && `there is no ${qemu}: Debian's qemu-user-static`);
/** Node.js of that processor, as a command and its first arguments. */
const there = ['-L', arm64, join(arm64, 'bin/node')];
const flags = ['--optimize-for-size', '--max-semi-space-size=1', '--max-old-space-size=96'];

describe('on arm64', { skip }, () => {
  let place: string;
  let main: string;
  before(async () => {
    place = await mkdtemp(join(tmpdir(), 'klw-arm64-'));
    main = join(place, 'dist/main.js');
    await run(process.execPath, ['build.ts', join(place, 'dist')], { cwd: root });
  });
  after(() => rm(place, { recursive: true }));

  const options = { cwd: root, env: {}, timeout: 240_000 };
  const printed = async (...args: string[]) => (await run(qemu, [...there, ...flags, main, ...args], options)).stdout;

  it('the program starts', async () => {
    assert.equal((await run(qemu, [...there, '-p', 'process.arch'], options)).stdout.trim(), 'arm64');
    assert.equal((await printed('--version')).trim(), manifest.version);
  });

  it('the watcher writes the same bytes as here', async () => {
    const agents = ['loki', 'scalyr', 'fluent-bit', 'vector', 'rsyslog', 'fluentd', 'appdynamics'];
    const key = join(place, 'key');
    await writeFile(key, 'made-up-key');
    const args = ['render', '--agents', agents.join(), '--scalyr-api-key-file', key, '--scalyr-dest-path', '/scalyr'];
    for (const name of agents.filter((name) => name !== 'scalyr')) args.push(`--${name}-dest-path`, `/shared/${name}`);
    args.push('--pods', 'test/fixtures/pods.json', '--pods-path', 'test/fixtures/pods', '--strict-labels', '');
    const { stdout } = await run(process.execPath, [main, ...args], options);
    assert.ok(stdout.length > 1000);
    assert.equal(await printed(...args), stdout);
  });

  it('serve keeps what it is given, and finds it again', async (t) => {
    const data = ['--data-path', join(place, 'data')];
    const args = [...there, ...flags, main, 'serve', '--port', '0', '--bind-address', '127.0.0.1', ...data];
    const program = watching(spawn(qemu, args, { env: {}, stdio: ['ignore', 'pipe', 'pipe'] }));
    t.after(() => program.stop('SIGKILL'));
    await until('the start of serve', () => program.url !== '', 240_000);
    const values = [[`${BigInt(Date.now()) * 1_000_000n}`, 'a line from afar']];
    const answer = await fetch(`${program.url}/loki/api/v1/push`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ streams: [{ stream: { app: 'shop' }, values }] }),
    });
    assert.equal(answer.status, 204);
    await until(
      'the line',
      async () => (await program.text('/api/export?from=1h')).includes('a line from afar'),
      60_000,
    );
    assert.equal((await program.stop()).code, 0);
  });
});
