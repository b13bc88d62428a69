import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { launch, until, watching } from '../support/program.ts';

for (const polling of [true, false])
  test(`${polling ? 'with' : 'without'} --polling what is written to quiet and to new files is found`, async (t) => {
    const root = mkdtempSync(join(tmpdir(), 'polling-'));
    t.after(() => rmSync(root, { recursive: true }));
    const path = join(root, 'a.log');
    writeFileSync(path, 'one\n');
    const where = ['--paths', join(root, '*.log'), '--encoding', 'json', '--status-address', 'off'];
    const usual = ['--interval', '0.2', '--batch-wait', '0.02', ...(polling ? ['--polling'] : [])];
    const child = launch(['ship', ...where, ...usual], { PATH: process.env['PATH'] });
    t.after(() => child.kill('SIGKILL'));
    let out = '';
    child.stdout?.on('data', (part: Buffer) => (out += part.toString()));
    const running = watching(child);
    const texts = () => [...out.matchAll(/"log":"(.*?)"/g)].map(([, text]) => text);
    await until('the first', () => texts().length === 1);
    const follows = () =>
      readdirSync(`/proc/${child.pid}/fd`).some((fd) => {
        try {
          return readlinkSync(`/proc/${child.pid}/fd/${fd}`) === 'anon_inode:inotify';
        } catch {
          // Closed meanwhile.
          return false;
        }
      });
    if (!polling) await until('inotify to be used', follows);
    appendFileSync(path, 'two\n');
    writeFileSync(join(root, 'b.log'), 'three\n');
    await until('both', () => texts().length === 3);
    assert.deepEqual(new Set(texts()), new Set(['one', 'three', 'two']));
    assert.equal(follows(), !polling);
    assert.equal((await running.stop()).code, 0);
  });
