import assert from 'node:assert/strict';
import { once } from 'node:events';
import { fork, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../support/port.ts';
import { end, launch, until } from '../support/program.ts';
import { temporaryDirectory } from '../support/tree.ts';
import { logrotate, logrotateHere } from './support/tailing.ts';

const skip = logrotateHere ? false : 'logrotate is not installed, or this is not root';
const [, , what, path = ''] = process.argv;

/** `serve --collect` on a directory `d`, and a writer of numbers to `d/n.log` as a process of its own. */
async function world(t: TestContext) {
  const children: { child: ChildProcess; exit: Promise<unknown> }[] = [];
  // Before the directory is removed, in which they write.
  t.after(async () => {
    for (const { child } of children) child.kill('SIGKILL');
    await Promise.all(children.map(({ exit }) => exit));
  });
  const root = await temporaryDirectory(t);
  const log = join(root, 'd', 'n.log');
  mkdirSync(join(root, 'd'));
  const port = await freePort();
  const env = { PATH: process.env['PATH'], LOG_COLLECTOR: 'Directory', ROOT_PATH: 'd', PORT: String(port) };
  const child = launch(['serve', '--collect'], env, undefined, root);
  children.push({ child, exit: once(child, 'exit') });
  const ended = end(child);
  await until('an answer', async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok);
  const writer = fork(import.meta.filename, ['write', log]);
  children.push({ child: writer, exit: once(writer, 'exit') });
  const answered = async () => {
    writer.send('count');
    return ((await once(writer, 'message')) as [number])[0];
  };
  await answered();
  const numbers = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/logs/path/d/n.log`);
    return answer.status === 200 ? ((await answer.json()) as string[]).map(Number) : [];
  };
  return {
    log,
    reopen: () => writer.send('reopen'),
    written: answered,
    /** Ends the writer, waits for its last number and ends the program; how many it has written, and which came. */
    async end() {
      writer.send('end');
      const [count] = (await once(writer, 'message')) as [number];
      await until('the last number', async () => (await numbers()).at(-1) === count - 1);
      const all = await numbers();
      child.kill('SIGTERM');
      assert.equal((await ended).code, 0);
      return { count, all };
    },
  };
}

/** Numbers that are not there of those up to the count. */
const gaps = (numbers: readonly number[], count: number) => {
  const there = new Set(numbers);
  return Array.from({ length: count }, (_, index) => index).filter((number) => !there.has(number));
};
const isAscending = (numbers: readonly number[]) =>
  numbers.every((number, i) => i === 0 || number > (numbers[i - 1] ?? 0));

if (what === 'write') await write();
else
  describe("serve --collect and Debian's logrotate", { skip }, () => {
    test('C-07: copytruncate while numbers are written: they go on without a gap from the truncation on', async (t) => {
      const { log, written, end: finish } = await world(t);
      /** What had been written around each cut: what comes between copy and cut is nowhere any more. */
      const cuts: [number, number][] = [];
      for (let round = 0; round < 5; round++) {
        const before = await written();
        await until('more numbers', async () => (await written()) > before + 200);
        const start = await written();
        logrotate(log, ['copytruncate', 'rotate 3']);
        cuts.push([start, await written()]);
      }
      const { count, all } = await finish();
      assert.ok(isAscending(all));
      const lost = gaps(all, count);
      t.diagnostic(`${lost.length} of ${count} were lost between copy and cut`);
      for (const number of lost)
        assert.ok(
          cuts.some(([from, to]) => number >= from && number <= to),
          String(number),
        );
    });

    test('C-07: rename while numbers are written: every number, in order', async (t) => {
      const { log, written, reopen, end: finish } = await world(t);
      for (let round = 0; round < 5; round++) {
        const before = await written();
        await until('more numbers', async () => (await written()) > before + 200);
        logrotate(log, ['create', 'rotate 9']);
        // It is told late: what it writes meanwhile goes to the old file.
        const late = await written();
        await until('numbers in the old file', async () => (await written()) > late + 50);
        reopen();
      }
      await until('numbers in the new file', () => statSync(log).size > 0);
      const { count, all } = await finish();
      assert.deepEqual(gaps(all, count), []);
      assert.equal(all.length, count);
      assert.ok(isAscending(all));
    });
  });

/** The writer: a number each millisecond or so, appended, until it is told to end. */
async function write(): Promise<void> {
  let fd = openSync(path, 'a');
  let number = 0;
  const told = { end: false };
  process.on('message', (message) => {
    if (message === 'reopen') {
      closeSync(fd);
      fd = openSync(path, 'a');
      return;
    }
    told.end ||= message === 'end';
    process.send?.(number);
  });
  while (!told.end) {
    writeSync(fd, `${number++}\n`);
    await sleep(1);
  }
  process.disconnect();
}
