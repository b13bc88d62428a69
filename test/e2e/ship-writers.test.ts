import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { until } from '../support/program.ts';
import { random } from '../support/random.ts';
import { conmonHere } from './support/conmon.ts';
import { heldBy, kill, makeWorld, numbers } from './support/tailing.ts';

const patience = 120_000;
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

  test('L-07 links: two names of one log, a restart, one that leads nowhere yet, a loop', async (t) => {
    const { root, log, collector, start, container, arrive } = await makeWorld(t);
    const links = join(root, 'containers');
    mkdirSync(links);
    const link = (name: string, to: string) => symlinkSync(to, join(links, `${name}.log`));
    link('loop', 'loop.log');
    link('later', log('later'));
    link('web_default_app-1', log('web'));
    link('web_default_app-2', log('web'));
    const web = await container('web');
    web.write('one\n');
    await start({ '--paths': `${root}/pods/*/*/*.log,${links}/*.log` });
    await arrive(1);
    await web.end();
    const again = await container('web', 1);
    rmSync(join(links, 'web_default_app-2.log'));
    link('web_default_app-2', log('web', 1));
    again.write('two\n');
    (await container('later')).write('three\n');
    await arrive(3);
    again.write('four\n');
    await arrive(4);
    assert.deepEqual(
      collector.arrived.map(({ log }) => log).toSorted((a, b) => (a < b ? -1 : 1)),
      ['four', 'one', 'three', 'two'],
    );
  });

  test('L-13 stopped over a rotation, what was written before and behind it arrives', async (t) => {
    const { collector, start, container, arrive } = await makeWorld(t);
    const web = await container('web');
    const first = await start();
    web.write('one\nhalf ');
    await arrive(1);
    await first.stop();
    await web.rotate(() => web.write('of it\ntwo\n'));
    web.write('three\n');
    await web.end();
    await start();
    await arrive(4);
    assert.deepEqual(collector.lines('0.log'), ['one', 'half of it', 'two', 'three']);
  });

  test("L-16 a log that goes on in Docker's form, with a line that is neither", async (t) => {
    const { log, collector, start, container, arrive } = await makeWorld(t);
    const web = await container('web');
    web.write('of conmon\n');
    await web.end();
    const docker = (text: string) => JSON.stringify({ log: text, stream: 'stdout', time: new Date().toISOString() });
    appendFileSync(log('web'), `${docker('of Docker\n')}\n{"log":"broken\nnothing of both\n`);
    await start();
    await arrive(4);
    assert.deepEqual(collector.lines('0.log'), ['of conmon', 'of Docker', '{"log":"broken', 'nothing of both']);
  });

  test('L-19 what the own pod says is not collected', async (t) => {
    const { collector, start, container, arrive } = await makeWorld(t);
    (await container('me')).write('own\n');
    const web = await container('web');
    web.write('of another\n');
    await start({}, { POD_NAME: 'me', POD_NAMESPACE: 'default' });
    await arrive(1);
    web.write('again\n');
    await arrive(2);
    assert.deepEqual(collector.lines('0.log'), ['of another', 'again']);
  });

  test('L-20 lines that belong together, over a rotation', async (t) => {
    const { collector, start, container, arrive } = await makeWorld(t);
    await start({ '--multiline-start': '^\\d', '--partial-wait': '3' });
    const web = await container('web');
    web.write('1 boom\n  at a\n');
    await web.rotate();
    web.write('  at b\n2 next\n');
    await arrive(2);
    assert.deepEqual(collector.lines('0.log'), ['1 boom\n  at a\n  at b', '2 next']);
  });

  const rounds = Number(process.env['ROUNDS'] ?? 2);
  const first = Number(process.env['SEED'] ?? 1);
  for (let seed = first; seed < first + rounds; seed++)
    test(`any order of writing, rotations, kills, ends and refusals: seed ${seed}`, async (t) => {
      const { collector, start, container } = await makeWorld(t);
      const pick = random(seed);
      const web = await container('web');
      let ship = await start({ '--batch-size': '3000' });
      let line = 0;
      let kills = 0;
      const seen = () => new Set(collector.lines('0.log'));
      const caughtUp = () => until(`${line} lines`, () => seen().size === line, patience);
      const write = () => {
        for (const end = line + 1 + pick(200); line < end; line++) {
          web.write(String(line).slice(0, 1));
          web.write(`${String(line).slice(1)}\n`);
        }
      };
      for (let step = 0; step < 25; step++) {
        write();
        switch (pick(7)) {
          case 0:
            // At most one rotation while nobody reads.
            collector.manner = 'well';
            await caughtUp();
            await web.rotate(() => write());
            break;
          case 1:
          case 2:
            if (pick(2)) await kill(ship);
            else if (collector.manner === 'well') await ship.stop();
            else await kill(ship);
            if (ship.child.signalCode === 'SIGKILL') kills++;
            write();
            ship = await start({ '--batch-size': '3000' });
            break;
          case 3:
            collector.manner = (['well', 'refuse', 'slow', 'break off', 'deny'] as const)[pick(5)] ?? 'well';
            break;
          case 4:
            collector.manners.push('forget');
            break;
          default:
            await until('a request', () => collector.requests > 0, patience);
        }
      }
      collector.manner = 'well';
      await caughtUp();
      assert.deepEqual([...seen()], numbers(0, line));
      const untold = collector.stored.filter(({ told }) => !told).reduce((sum, { count }) => sum + count, 0);
      const repeated = collector.arrived.length - line;
      assert.ok(repeated <= untold + kills * 60, `${repeated} came again after ${kills} kills, ${untold} untold`);
      assert.equal((await ship.stop()).code, 0);
    });
});
