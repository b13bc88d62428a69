import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import type { SignalReload } from '../../src/agent/reload.ts';
import { send } from '../../src/watch/reload/send.ts';
import { until } from '../support/program.ts';
import { createShipper } from '../support/shipper.ts';

const signal = new AbortController().signal;
const patient = { signal, timeout: 5000, pause: 5, patience: 5000 };
const unique = () => `shipper-${randomBytes(4).toString('hex')}`;
const hup = (more: Partial<SignalReload>): SignalReload => ({ kind: 'signal', signal: 'SIGHUP', ...more });

/** A process of that name which says what it is sent; ready once it listens. */
async function start(t: TestContext, name: string, script: string) {
  const child = spawn('/bin/sh', ['-c', script], { argv0: name, stdio: ['pipe', 'pipe', 'inherit'] });
  const said: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => said.push(line));
  t.after(() => end(child));
  await until('its first word', () => said.length > 0);
  return { child, said, pid: child.pid ?? assert.fail('not started') };
}
async function end(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
const listening = (signal: string) => `trap 'echo got ${signal}' ${signal}; echo ready; while :; do sleep 0.05; done`;

async function folder(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), 'klw-reload-'));
  t.after(() => rm(directory, { recursive: true }));
  return directory;
}

test('a process is found by its name and sent the signal', async (t) => {
  const name = unique();
  const { said } = await start(t, `/opt/${name}`, listening('HUP'));
  await send(hup({ process: name }), { signal });
  await until('the signal', () => said.includes('got HUP'));
});

test('every shipper of the name is told, of each its main process only', async (t) => {
  const name = unique();
  const one = await start(t, name, listening('USR1'));
  const other = await start(t, name, listening('USR1'));
  const sent: number[] = [];
  const reload = hup({ process: name, signal: 'SIGUSR1' });
  const kill = (pid: number, signal: NodeJS.Signals) => {
    sent.push(pid);
    process.kill(pid, signal);
  };
  await send(reload, { signal, kill });
  await until('both', () => [one, other].every(({ said }) => said.includes('got USR1')));

  // A shell in the background goes by its parent's name.
  const forking = await start(
    t,
    name,
    `(${listening('USR1')}) & trap 'echo main' USR1; echo $!; while :; do wait; done`,
  );
  // The two speak in any order.
  const number = () => Number(forking.said.find((line) => /^\d+$/.test(line)) ?? 0);
  await until('the number of the worker', () => number() > 0);
  t.after(() => process.kill(number(), 'SIGKILL'));
  await until('the worker', () => forking.said.includes('ready'));
  sent.length = 0;
  await send(reload, { signal, kill });
  assert.deepEqual(new Set(sent), new Set([one.pid, other.pid, forking.pid]));
  assert.equal(sent.length, 3);
});

test('no process of the name: the namespace may not be shared', async () => {
  await assert.rejects(
    send(hup({ process: unique() }), { signal }),
    /no process named shipper-\w+ is seen.*shareProcessNamespace: true/,
  );
});

test('a shipper that would be ended by the signal, since it is still starting, is spared', async (t) => {
  const name = unique();
  // A shell that starts a program blocks all signals for that time.
  const { child } = await start(t, name, 'echo ready; read nothing');
  await assert.rejects(send(hup({ process: name }), { signal }), /would be ended by SIGHUP: is it still starting/);
  assert.equal(child.signalCode, null);
  const deaf = unique();
  await start(t, deaf, `trap '' HUP; echo ready; read nothing`);
  await assert.rejects(send(hup({ process: deaf }), { signal }), /process \d+ ignores SIGHUP/);
});

test('a process is found by the file that holds its number', async (t) => {
  const directory = await folder(t);
  const { pid, said, child } = await start(t, unique(), listening('HUP'));
  const pidFile = join(directory, 'shipper.pid');
  await writeFile(pidFile, `${pid}\n`);
  await send(hup({ pidFile }), { signal });
  await until('the signal', () => said.includes('got HUP'));
  await end(child);
  await assert.rejects(send(hup({ pidFile }), { signal }), /no process \d+, which .*shipper\.pid names, is seen/);
});

test('a file of a number is believed only so far', async (t) => {
  const directory = await folder(t);
  const pidFile = join(directory, 'shipper.pid');
  const kill = () => assert.fail('nothing is to be sent');
  await assert.rejects(send(hup({ pidFile }), { signal, kill }), /shipper\.pid is not there: is the shipper running/);
  for (const text of ['', '0', '1', '-1', '-4711', '12 13', 'self', '99999999999999', '0x10', '1e3']) {
    await writeFile(pidFile, text);
    await assert.rejects(send(hup({ pidFile }), { signal, kill }), /holds no number of a process/, text);
  }
  await writeFile(pidFile, String(process.pid));
  await assert.rejects(send(hup({ pidFile }), { signal, kill }), /is the watcher itself/);
  await assert.rejects(send(hup({ pidFile: directory }), { signal, kill }), /can't be read/);
});

interface Made {
  parent: number;
  exe?: string;
  line?: string;
  state?: string;
  masks?: { SigBlk?: string; SigIgn?: string; SigCgt?: string };
}

/** A made-up /proc. */
async function tree(t: TestContext, made: Record<number, Made>) {
  const proc = await folder(t);
  await writeFile(join(proc, 'version'), 'none');
  for (const [pid, { parent, exe, line = '', state = 'S', masks = {} }] of Object.entries(made)) {
    const directory = join(proc, pid);
    await mkdir(directory);
    const signals = Object.entries({ SigBlk: '0', SigIgn: '0', SigCgt: 'ffffffff', ...masks });
    const lines = [`Name:\tx`, `State:\t${state} (x)`, `PPid:\t${parent}`, ...signals.map((one) => one.join(':\t'))];
    await writeFile(join(directory, 'status'), `${lines.join('\n')}\n`);
    await writeFile(join(directory, 'cmdline'), line);
    if (exe) await symlink(exe, join(directory, 'exe'));
  }
  const sent: number[] = [];
  const kill = (pid: number) => void sent.push(pid);
  return { sent, world: { signal, proc, self: 30, kill } };
}

test('the program or the first argument tells the name; the dead, the own process and its ancestors are left alone', async (t) => {
  const { sent, world } = await tree(t, {
    1: { parent: 0, exe: '/pause', line: '/pause\0' },
    2: { parent: 0 },
    7: { parent: 0, exe: '/fluent-bit/bin/fluent-bit', line: 'bit\0-c\0x\0' },
    8: { parent: 7, exe: '/fluent-bit/bin/fluent-bit', line: 'bit\0' },
    9: { parent: 0, line: '/bin/fluent-bit\0-c\0' },
    10: { parent: 0, exe: '/usr/bin/fluent-bit (deleted)', line: 'x\0' },
    11: { parent: 0, exe: '/usr/bin/fluent-bit', state: 'Z' },
    12: { parent: 0, exe: '/usr/bin/fluent-bit-too', line: 'sh\0fluent-bit\0' },
    20: { parent: 0, exe: '/usr/bin/fluent-bit', line: 'x\0' },
    30: { parent: 20, exe: '/usr/bin/fluent-bit', line: 'x\0' },
    31: { parent: 30, exe: '/usr/bin/other', line: 'x\0' },
  });
  await send(hup({ process: 'fluent-bit' }), world);
  assert.deepEqual(
    sent.toSorted((a, b) => a - b),
    [7, 9, 10],
  );
});

test('a process that waits for the signal in another way than by a handler is sent it', async (t) => {
  const { sent, world } = await tree(t, {
    7: { parent: 0, exe: '/bin/waiting', masks: { SigBlk: '1', SigCgt: '0' } },
    8: { parent: 0, exe: '/bin/other', masks: { SigCgt: '200' } },
  });
  await send(hup({ process: 'waiting' }), world);
  await send(hup({ process: 'other', signal: 'SIGUSR1' }), world);
  assert.deepEqual(sent, [7, 8]);
  await assert.rejects(send(hup({ process: 'other' }), world), /process 8 would be ended by SIGHUP/);
});

test('one that may not be sent the signal keeps it from no other, and is told of', async (t) => {
  const { sent, world } = await tree(t, { 7: { parent: 0, exe: '/bin/x' }, 8: { parent: 0, exe: '/bin/x' } });
  const kill = (pid: number) => {
    if (pid === 7) throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' });
    sent.push(pid);
  };
  await assert.rejects(
    send(hup({ process: 'x' }), { ...world, kill }),
    /process 7 \(x\) may not be sent SIGHUP: .*KILL/,
  );
  assert.deepEqual(sent, [8]);
});

test('processes that can not be looked at are counted, and a /proc that can not be read is no empty one', async (t) => {
  const { world } = await tree(t, { 7: { parent: 0, exe: '/bin/x' } });
  await rm(join(world.proc, '7/cmdline'));
  await mkdir(join(world.proc, '7/cmdline'));
  await assert.rejects(
    send(hup({ process: 'x' }), world),
    /no process named x is seen \(1 processes can't be looked at\)/,
  );
  await assert.rejects(send(hup({ process: 'x' }), { ...world, proc: join(world.proc, 'none') }), /ENOENT/);
});

test('a signal, too, is confirmed', async (t) => {
  const name = unique();
  const { said } = await start(t, name, listening('HUP'));
  const shipper = await createShipper(t);
  const sent = send(hup({ process: name, confirm: shipper.confirm }), patient);
  await until('the signal', () => said.includes('got HUP'));
  shipper.count += 1;
  await sent;
  await assert.rejects(
    send(hup({ process: name, confirm: shipper.confirm }), { ...patient, patience: 50 }),
    /did not reload/,
  );
});
