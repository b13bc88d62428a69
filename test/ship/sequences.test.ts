import assert from 'node:assert/strict';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Mark } from '../../src/ship/follow/reader.ts';
import { random } from '../support/random.ts';
import { rememberingBatch, tailWorld } from '../support/tail.ts';

const rounds = Number(process.env['ROUNDS'] ?? 50);

/**
 * One writer and one tailer, in an order that the seed gives. The writer appends whole lines, halves of lines and parts,
 * renames, opens anew, cuts and deletes; the tailer looks, reads a little, is acknowledged, or is killed and begins
 * again at its last acknowledged mark.
 */
function play(seed: number): void {
  const pick = random(seed);
  const directory = mkdtempSync(join(tmpdir(), 'sequence-'));
  const path = join(directory, '0.log');
  const clockOf = `${directory}.clock`;
  const { follow, clock } = tailWorld({ maxLine: 2000, patience: 5000, buffer: Buffer.alloc(12_000) });
  const expected: [string[], string[]] = [[], []];
  const acknowledged: [string[], string[]] = [[], []];
  const batch = rememberingBatch(3);
  let mark: Mark | undefined;
  let reader = follow(path);
  let target = path;
  let line = 0;
  let dates = 0;
  let cuts = 0;
  let rest = '';
  const begun: [string, string] = ['', ''];
  const copies = seed % 2 === 0;
  const look = () => void reader.look();
  const did: string[] = [];

  const append = (text: string) => appendFileSync(target, text);
  const write = () => {
    if (rest) {
      append(rest);
      rest = '';
      return;
    }
    const stream = pick(4) === 0 ? 1 : 0;
    const text = `${line++}:${'x'.repeat(pick(pick(8) === 0 ? 1500 : 40))}`;
    const partial = pick(4) === 0;
    const entry = `2026-01-02T03:04:05.${line}Z ${stream === 0 ? 'stdout' : 'stderr'} ${partial ? 'P' : 'F'} ${text}\n`;
    if (partial && begun[stream].length < 400 && text.length < 400) begun[stream] += text;
    else if (!partial) {
      expected[stream].push(begun[stream] + text);
      begun[stream] = '';
    } else return;
    const cut = pick(6) === 0 ? 1 + pick(entry.length - 1) : entry.length;
    append(entry.slice(0, cut));
    rest = entry.slice(cut);
  };
  const rotate = () => {
    if (target !== path || rest || !existsSync(path)) return;
    target = `${path}.20260102-${String(100_000 + dates++)}`;
    renameSync(path, target);
  };
  const reopen = () => {
    if (rest) return;
    target = path;
    appendFileSync(path, '');
  };
  const settle = () => {
    for (;;) {
      reader.look();
      const progress = reader.read(batch, 1 << 20);
      acknowledge();
      if (progress === 'dry' && batch.count === 0) break;
    }
  };
  const acknowledge = () => {
    for (const { stream, text } of batch.taken) acknowledged[stream].push(text);
    batch.clear();
    mark = structuredClone(reader.mark());
  };
  const crash = () => {
    batch.clear();
    reader.close();
    reader = follow(path, mark ? { mark } : {});
  };
  // With or without a copy that is kept; where none is, the bytes are gone for good, and so must have been read before.
  const cutOff = () => {
    if (rest || target !== path || !existsSync(path)) return;
    const way = copies ? pick(3) : 1 + pick(2);
    if (way > 0) {
      if (begun[0] || begun[1]) return;
      settle();
    }
    if (way < 2) copyFileSync(path, way === 0 ? `${path}.${10 + cuts++}` : `${path}.gz`);
    truncateSync(path);
    // A file of the same size that was written in the same tick of the kernel's clock can't be told from the old one.
    const { mtimeNs } = statSync(path, { bigint: true });
    do writeFileSync(clockOf, 'x');
    while (statSync(clockOf, { bigint: true }).mtimeNs <= mtimeNs);
  };
  const compress = () => {
    if (rest || begun[0] || begun[1]) return;
    settle();
    for (const name of readdirSync(directory)) {
      const aside = join(directory, name);
      if (aside === target || aside === path || name.endsWith('.gz')) continue;
      copyFileSync(aside, `${aside}.gz`);
      unlinkSync(aside);
    }
  };
  const remove = () => {
    if (rest || begun[0] || begun[1] || target !== path) return;
    if (copies || pick(2)) settle();
    else reader.look();
    const unread = statSync(path).size;
    unlinkSync(path);
    writeFileSync(path, '');
    did.push(`of ${unread}`);
    settle();
  };

  try {
    writeFileSync(path, '');
    reader.look();
    acknowledge();
    for (let step = 0; step < 150; step++) {
      const [name, act] = // A log is rotated in one way or the other, not in both.
        (
          [
            ['write', write],
            ['write', write],
            ['write', write],
            ['write', write],
            [copies ? 'cut' : 'rotate', copies ? cutOff : rotate],
            ['reopen', copies ? look : reopen],
            ['look', look],
            ['read', () => void (reader.look(), reader.read(batch, 1 + pick(500)))],
            ['read', () => void (reader.look(), reader.read(batch, 5000))],
            ['acknowledge', acknowledge],
            ['crash', crash],
            ['cut', copies || pick(2) === 0 ? cutOff : look],
            ['remove', remove],
            ['compress', compress],
            ['wait', () => void (clock.now += pick(400))],
          ] as const
        )[pick(15)] as readonly [string, () => void];
      did.push(name);
      act();
    }
    if (rest) append(rest);
    settle();
    clock.now += 10_000;
    settle();
    clock.now += 10_000;
    settle();
    for (const stream of [0, 1] as const) {
      if (begun[stream]) expected[stream].push(begun[stream]);
      const short = (all: string[]) => all.map((text) => text.replaceAll(/x+/g, (run) => `x${run.length} `));
      assert.deepEqual(
        short(acknowledged[stream]),
        short(expected[stream]),
        `seed ${seed}, stream ${stream}: ${did.join(' ')}`,
      );
    }
    assert.ok(reader.open <= 1, `${reader.open} files are held open`);
  } finally {
    reader.close();
    rmSync(directory, { recursive: true });
    rmSync(clockOf, { force: true });
  }
}

test(`${rounds} sequences of a writer and a tailer: every line once and in order`, () => {
  const first = Number(process.env['SEED'] ?? 1);
  for (let seed = first; seed < first + rounds; seed++) play(seed);
});
