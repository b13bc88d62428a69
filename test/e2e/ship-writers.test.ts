import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { until } from '../support/program.ts';
import { conmonHere } from './support/conmon.ts';
import { heldBy, kill, makeWorld, numbers } from './support/tailing.ts';

const patience = 60_000;
const skip = conmonHere ? false : 'conmon is not installed, or this is not root';

describe("ship and what CRI-O's conmon writes", { skip }, () => {
  test('L-01 from the end what is there at first, from its first byte what comes later', async (t) => {
    const { log, collector, start, container, written, arrive } = await makeWorld(t);
    const old = await container('old');
    old.write('before\n');
    await written(log('old'), 'before');
    await start({ '--from': 'end' });
    old.write('after\n');
    (await container('new')).write('first\nsecond\n');
    await arrive(3);
    assert.deepEqual(collector.lines('old_uid-old/app/0.log'), ['after']);
    assert.deepEqual(collector.lines('new_uid-new/app/0.log'), ['first', 'second']);
  });

  test('L-02 a line that is written in two pieces is one', async (t) => {
    const { log, collector, start, container, written, arrive } = await makeWorld(t);
    await start();
    const web = await container('web');
    web.write('one\ntw');
    await written(log('web'), ' P tw');
    web.write('o\n');
    await arrive(2);
    web.write('three\n');
    await arrive(3);
    assert.deepEqual(collector.lines('0.log'), ['one', 'two', 'three']);
  });

  test('L-03 rotations as the kubelet does them, under steady writing', async (t) => {
    const { collector, start, container, arrive } = await makeWorld(t);
    await start();
    const web = await container('web');
    let line = 0;
    const write = (count: number) => {
      for (const end = line + count; line < end; line++) {
        web.write(`${line}\n`);
        if (line % 3 === 0) web.write(`${line}\n`, 'stderr');
      }
    };
    for (let rotation = 0; rotation < 8; rotation++) {
      write(100);
      await web.rotate(() => write(20));
      write(100);
      // Another one at once, and one with half a line before it and the other half behind.
      await web.rotate();
      web.write('half ');
      await web.rotate(() => web.write(`a line ${rotation}\n`));
    }
    await web.end();
    await arrive(8 * 221 + Math.ceil(line / 3));
    const out = collector.lines('0.log');
    assert.deepEqual(
      out.filter((text) => !text.startsWith('half')),
      numbers(0, line),
    );
    assert.deepEqual(
      out.filter((text) => text.startsWith('half')),
      numbers(0, 8).map((text) => `half a line ${text}`),
    );
    assert.deepEqual(
      collector.lines('0.log', 'stderr'),
      numbers(0, line).filter((text) => Number(text) % 3 === 0),
    );
  });

  test('L-05 a log that is replaced, or deleted with its directory, is read to its end and let go', async (t) => {
    const { log, collector, start, container, written, arrive } = await makeWorld(t);
    collector.manner = 'refuse';
    const ship = await start({ '--linger': '0.2', '--batch-size': '2000' });
    const web = await container('web');
    // Let it be seen before it is gone.
    await until('the file to be held', () => heldBy(ship, 'web').length === 1, patience);
    web.write(`${numbers(0, 5000).join('\n')}\n`);
    await written(log('web'), ' 4999\n');
    rmSync(join(log('web'), '../..'), { recursive: true });
    await until('it to be deleted and held', () => heldBy(ship, 'web').some((path) => path.endsWith('(deleted)')));
    collector.manner = 'well';
    await arrive(5000);
    assert.deepEqual(collector.lines('0.log'), numbers(0, 5000));
    await until('it to be let go', () => heldBy(ship, 'web').length === 0, patience);
  });

  test('L-05 conmon with a greatest size begins the log anew, and keeps nothing', async (t) => {
    const { collector, start, container, arrive } = await makeWorld(t);
    const ship = await start({ '--linger': '0.2' });
    const web = await container('web', 0, ['--log-size-max', '8192']);
    for (let line = 0; line < 1000; line += 50) {
      web.write(`${numbers(line, line + 50).join('\n')}\n`);
      await arrive(line + 50);
    }
    assert.deepEqual(collector.lines('0.log'), numbers(0, 1000));
    await until('one file to be held', () => heldBy(ship, 'web').length === 1, patience);
  });

  test('L-08 lines of 3 MiB are joined, or split, and what follows arrives', async (t) => {
    const { collector, start, container, arrive } = await makeWorld(t);
    await start({ '--max-line': String(4 * 1024 * 1024) });
    const web = await container('web');
    const long = 'äöü€😀 '.repeat(200_000);
    web.write(`${long}\nnext\n`);
    web.write(`${long}\nnext\n`, 'stderr');
    await arrive(4);
    assert.ok(collector.lines('0.log')[0] === long, 'not as it was written');
    assert.ok(collector.lines('0.log', 'stderr')[0] === long, 'not as it was written');
    assert.deepEqual([collector.lines('0.log')[1], collector.lines('0.log', 'stderr')[1]], ['next', 'next']);
  });

  test('L-08 with a smaller limit it is split between characters', async (t) => {
    const { collector, start, container } = await makeWorld(t);
    await start({ '--max-line': '100000' });
    const web = await container('web');
    const long = 'äöü€😀 '.repeat(200_000);
    web.write(`${long}\nnext\n`);
    await until('the next', () => collector.lines('0.log').includes('next'), patience);
    const all = collector.lines('0.log').slice(0, -1);
    assert.ok(all.every((text) => Buffer.byteLength(text) <= 100_000));
    assert.ok(all.join('') === long, 'not as it was written');
  });

  test('L-09 what is no UTF-8 becomes U+FFFD; NUL, U+2028 and CR within a line stay', async (t) => {
    const { collector, start, container, arrive } = await makeWorld(t);
    await start();
    const web = await container('web');
    web.write(Buffer.from([0x61, 0xff, 0x62, 0x0a, 0xe2, 0x82, 0x0a]));
    web.write('c\0d\u2028e\rf\r\n{"a":"\\ud800"}\n\n😀\n');
    await arrive(6);
    const expected = ['a\ufffdb', '\ufffd', 'c\0d\u2028e\rf', '{"a":"\\ud800"}', '', '😀'];
    assert.deepEqual(collector.lines('0.log'), expected);
  });

  test('L-11 killed while it is written: none lost, at most the unacknowledged twice; ended: none twice', async (t) => {
    const { collector, start, container, arrive } = await makeWorld(t);
    const [web, other] = [await container('web'), await container('other')];
    let line = 0;
    const write = (count: number) => {
      for (const end = line + count; line < end; line++) {
        web.write(`${line}\n`);
        other.write(`${line} `);
        other.write('end\n', 'stderr');
        other.write('end\n');
      }
    };
    let untold = 0;
    for (let round = 0; round < 6; round++) {
      const ship = await start({ '--batch-size': '5000' });
      write(200);
      if (round % 2 === 0) collector.manners.push('forget', 'refuse', 'slow');
      const before = collector.arrived.length;
      await until('some', () => collector.arrived.length > before + round * 50, patience);
      await kill(ship);
      if (round % 2 === 1) await web.rotate(() => write(10));
      write(20);
      untold += collector.stored.filter(({ told }) => !told).reduce((sum, { count }) => sum + count, 0);
    }
    const ship = await start();
    const distinct = () => new Set(collector.lines('web/app/0.log')).size;
    await until(
      'all',
      () => distinct() === line && new Set(collector.lines('other/app/0.log')).size === line,
      patience,
    );
    assert.deepEqual([...new Set(collector.lines('web/app/0.log'))], numbers(0, line));
    assert.deepEqual(
      [...new Set(collector.lines('other/app/0.log'))],
      numbers(0, line).map((text) => `${text} end`),
    );
    // What a killed process was about to be told may have come again, too: one batch at each kill.
    const repeated = collector.arrived.length - 3 * line;
    assert.ok(repeated <= untold + 6 * 120, `${repeated} came again`);

    const stored = collector.arrived.length;
    write(500);
    assert.equal((await ship.stop()).code, 0);
    write(5);
    const last = await start();
    await arrive(stored + 3 * 505);
    assert.equal((await last.stop()).code, 0);
    assert.equal(collector.arrived.length, stored + 3 * 505);
  });
});
