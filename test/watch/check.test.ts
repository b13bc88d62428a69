import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Output } from '../../src/agent/agent.ts';
import { runCheck } from '../../src/watch/check.ts';
import { until } from '../support/program.ts';
import { temporaryDirectory, tree } from '../support/tree.ts';

/** A shipper's check as a shell script, with a directory for what is staged. */
async function set(t: TestContext, script: string) {
  const root = await temporaryDirectory(t);
  const temporary = join(root, 'tmp');
  await mkdir(temporary);
  const program = join(root, 'check');
  await writeFile(program, `#!/bin/sh\n${script}\n`);
  await chmod(program, 0o755);
  return { root, program, temporary };
}
const outputs: Output[] = [
  { kind: 'file', path: '/etc/shipper/a.conf', content: 'good', mode: 0o600 },
  { kind: 'link', path: '/links/a.log', to: '/var/log/a.log' },
];

test('the shipper sees all outputs at their own paths, and nothing is left of them', async (t) => {
  const { program, temporary } = await set(
    t,
    'grep -q good "$1/etc/shipper/a.conf" && readlink "$1/links/a.log" | grep -qx /var/log/a.log && test -z "$HOME"',
  );
  assert.deepEqual(await runCheck({ command: [program, '{staged}'] }, outputs, temporary), { is: 'ok' });
  assert.deepEqual(await readdir(temporary), []);
});

test('a refusal is told by the line that tells most, with the paths as they will be', async (t) => {
  const { program, temporary } = await set(
    t,
    'echo starting; echo "error in $1/etc/shipper/a.conf:3" >&2; echo bye; exit 3',
  );
  const verdict = await runCheck({ command: [program, '{staged}'] }, outputs, temporary);
  assert.deepEqual(verdict, { is: 'failed', why: `${program} ended with 3: error in /etc/shipper/a.conf:3` });
});

test('a check that hangs is ended with all that it has started', async (t) => {
  const { program, temporary, root } = await set(t, `sleep 600 & echo $! > "$(dirname "$0")/pid"; wait`);
  const verdict = await runCheck({ command: [program], timeout: 0.3 }, outputs, temporary);
  const why = `${program} did not come to an end within 0.3 s`;
  assert.deepEqual(verdict, { is: 'failed', why, unanswered: true });
  assert.deepEqual(await readdir(temporary), []);
  const pid = Number((await tree(root))['pid']);
  // A killed process stays in the list until its new parent has asked for it.
  const gone = async () => {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    return / Z /.test(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ' Z '));
  };
  await until('its end', gone);
});

test('a child that keeps the output open keeps nobody waiting; much output does no harm', async (t) => {
  const { program, temporary } = await set(t, 'sleep 600 & yes x | head -c 1000000; exit 0');
  assert.deepEqual(await runCheck({ command: [program] }, outputs, temporary), { is: 'ok' });
});

test('what was said last is heard, after a megabyte too, and controls no terminal', async (t) => {
  const { program, temporary } = await set(
    t,
    "yes x | head -c 30000; printf 'error: \\033]0;a\\007 \\033[31mred' >&2; exit 1",
  );
  const verdict = await runCheck({ command: [program] }, outputs, temporary);
  assert.deepEqual(verdict, { is: 'failed', why: `${program} ended with 1: error: ]0;a red` });
  const much = await set(t, 'yes x | head -c 1000000; echo error: too late to be heard; exit 1');
  const loud = await runCheck({ command: [much.program] }, outputs, much.temporary);
  assert.deepEqual(loud, { is: 'failed', why: `${much.program} ended with 1: x` });
});

test('a program that is ended by a signal has refused', async (t) => {
  const { program, temporary } = await set(t, 'echo "invalid input"; kill -SEGV $$');
  const verdict = await runCheck({ command: [program] }, outputs, temporary);
  assert.deepEqual(verdict, { is: 'failed', why: `${program} ended with SIGSEGV: invalid input` });
});

test('a child that has left the group and holds the output keeps nobody waiting', async (t) => {
  const { program, temporary, root } = await set(
    t,
    `setsid sh -c 'echo $$ > "$1/pid.new"; mv "$1/pid.new" "$1/pid"; exec sleep 60' sh "$(dirname "$0")" &
while ! [ -e "$(dirname "$0")/pid" ]; do sleep 0.01; done`,
  );
  const verdict = await runCheck({ command: [program], timeout: 30 }, outputs, temporary);
  const pid = Number(await readFile(join(root, 'pid'), 'utf8'));
  assert.ok(pid > 1);
  process.kill(pid, 'SIGKILL');
  assert.deepEqual(verdict, { is: 'ok' });
});

test('what a killed run has left is swept after a while; what is fresh or of others is not', async (t) => {
  const { program, temporary } = await set(t, 'exit 0');
  const old = new Date(Date.now() - 3_600_000);
  for (const name of ['kube-log-watcher-check-old', 'kube-log-watcher-check-new', 'other']) {
    await mkdir(join(temporary, name));
    await writeFile(join(temporary, name, 'file'), '');
    if (name !== 'kube-log-watcher-check-new') await utimes(join(temporary, name), old, old);
  }
  await runCheck({ command: [program] }, outputs, temporary);
  assert.deepEqual((await readdir(temporary)).sort(), ['kube-log-watcher-check-new', 'other']);
});

test('only its owner sees what is laid out', async (t) => {
  const { program, temporary } = await set(t, 'stat -c "error %a" "$1" >&2; exit 1');
  const verdict = await runCheck({ command: [program, '{staged}'] }, outputs, temporary);
  assert.match(verdict.is === 'failed' ? verdict.why : '', /error 700$/);
});

test('where nothing can be laid out, that is told', async (t) => {
  const { program, temporary } = await set(t, 'exit 0');
  await assert.rejects(runCheck({ command: [program] }, outputs, join(temporary, 'none')), /nothing can be laid out/);
});

test('a program that is not here checks nothing', async (t) => {
  const { temporary } = await set(t, '');
  const verdict = await runCheck({ command: ['/no/such/program'] }, outputs, temporary);
  assert.equal(verdict.is, 'unavailable');
});
