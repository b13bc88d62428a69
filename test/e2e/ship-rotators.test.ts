import assert from 'node:assert/strict';
import { appendFileSync, closeSync, openSync, statSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { describe, test } from 'node:test';
import { until } from '../support/program.ts';
import { kill, logrotate, logrotateHere, makeWorld, numbers } from './support/tailing.ts';

const skip = logrotateHere ? false : 'logrotate is not installed, or this is not root';
const lines = (from: number, to: number) => `${numbers(from, to).join('\n')}\n`;

describe("ship and Debian's logrotate", { skip }, () => {
  test('L-04 copytruncate under a writer that appends', async (t) => {
    const { log, collector, start, arrive } = await makeWorld(t);
    const path = log('web');
    writeFileSync(path, '');
    await start();
    for (let round = 0; round < 10; round++) {
      appendFileSync(path, lines(round * 100, round * 100 + 100));
      // Sometimes it is cut before it is read to its end: the rest is in the copy.
      if (round % 2) await arrive(round * 100 + 100);
      logrotate(path, ['copytruncate', 'rotate 3', ...(round % 3 === 0 ? ['compress', 'delaycompress'] : [])]);
    }
    appendFileSync(path, 'last\n');
    await until('the last', () => collector.lines('0.log').includes('last'));
    assert.deepEqual(collector.lines('0.log'), [...numbers(0, 1000), 'last']);
  });

  test('L-04 copytruncate under a writer that goes on at its old place, behind a hole', async (t) => {
    const { log, collector, start, arrive } = await makeWorld(t);
    const path = log('web');
    const fd = openSync(path, 'w');
    t.after(() => closeSync(fd));
    await start();
    let line = 0;
    for (let round = 0; round < 4; round++) {
      for (let i = 0; i < 3000; i++) writeSync(fd, `${line++} ${'x'.repeat(100)}\n`);
      await arrive(line);
      logrotate(path, ['copytruncate', 'rotate 3']);
    }
    writeSync(fd, `${line++} last\n`);
    await until('the last', () => collector.lines('0.log').some((text) => text.endsWith('last')));
    assert.deepEqual(
      collector.lines('0.log').map((text) => text.split(' ')[0]),
      numbers(0, line),
    );
  });

  test('L-04 copytruncate while the destination is down, and while ship is stopped', async (t) => {
    const { log, collector, start, arrive } = await makeWorld(t);
    const path = log('web');
    writeFileSync(path, lines(0, 100));
    const ship = await start({ '--batch-size': '3000' });
    await arrive(100);
    collector.manner = 'refuse';
    appendFileSync(path, lines(100, 2000));
    await until('a refusal', () => collector.requests > 3);
    logrotate(path, ['copytruncate', 'rotate 3']);
    appendFileSync(path, lines(2000, 2100));
    collector.manner = 'well';
    await arrive(2100);
    await ship.stop();
    appendFileSync(path, lines(2100, 2200));
    logrotate(path, ['copytruncate', 'rotate 3']);
    appendFileSync(path, lines(2200, 2300));
    const again = await start();
    await arrive(2300);
    await kill(again);
    assert.deepEqual(collector.lines('0.log'), numbers(0, 2300));
  });

  test('L-03 rename and create, the writer told by postrotate, and twice between two looks', async (t) => {
    const { log, collector, start, arrive } = await makeWorld(t);
    const path = log('web');
    writeFileSync(path, '');
    await start();
    let fd = openSync(path, 'a');
    let line = 0;
    const write = (count: number) => {
      writeSync(fd, lines(line, line + count));
      line += count;
    };
    const reopen = () => {
      closeSync(fd);
      fd = openSync(path, 'a');
    };
    t.after(() => closeSync(fd));
    for (let round = 0; round < 8; round++) {
      write(50);
      const dated = round % 2 ? [] : ['dateext', `dateformat -%Y%m%d-${round}`];
      logrotate(path, ['create', 'rotate 20', ...dated, 'postrotate', 'true', 'endscript']);
      // It is told late: what it writes meanwhile goes to the old file.
      write(50);
      reopen();
      write(50);
    }
    await arrive(line);
    assert.deepEqual(collector.lines('0.log'), numbers(0, line));
  });

  test('L-13 stopped over a rotation: the rest of the old file first; compressed ones are left alone', async (t) => {
    const { log, collector, start, arrive } = await makeWorld(t);
    const path = log('web');
    writeFileSync(path, lines(0, 50));
    logrotate(path, ['create', 'rotate 9', 'compress']);
    appendFileSync(path, lines(50, 100));
    const first = await start();
    await arrive(50);
    await first.stop();
    appendFileSync(path, lines(100, 200));
    logrotate(path, ['create', 'rotate 9', 'compress', 'delaycompress']);
    appendFileSync(path, lines(200, 300));
    await start();
    await arrive(250);
    assert.deepEqual(collector.lines('0.log'), numbers(50, 300));
  });

  test('L-06 a new file with the inode of an old one, of the same size and more', async (t) => {
    const { log, collector, start, arrive } = await makeWorld(t);
    const path = log('web');
    let text = '';
    let reused = 0;
    const expected: string[] = [];
    for (let round = 0; round < 6; round++) {
      const ino = round > 0 ? statSync(path).ino : 0;
      if (round > 0) unlinkSync(path);
      const more = numbers(round * 1000, round * 1000 + 20 + (round % 3) * 50);
      text = `${more.join('\n')}\n`;
      expected.push(...more);
      writeFileSync(path, text);
      if (statSync(path).ino === ino) reused++;
      const ship = await start();
      await arrive(expected.length);
      assert.equal((await ship.stop()).code, 0);
    }
    t.diagnostic(`${reused} of 5 inodes were given again`);
    assert.deepEqual(collector.lines('0.log'), expected);
  });
});
