import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { unsnappy } from '../../src/serve/snappy.ts';
import { snappyCompressor } from '../../src/ship/snappy.ts';

const corrupt = /^Error: snappy: corrupt input$/;

test('what was compressed comes back', () => {
  const compress = snappyCompressor();
  const texts = fc.array(fc.constantFrom('a', 'hello ', '{"log":', '\n', '2026-01-02T03:04:05Z '), { maxLength: 5000 });
  fc.assert(
    fc.property(
      fc.oneof(
        texts.map((all) => Buffer.from(all.join(''))),
        fc.uint8Array().map((all) => Buffer.from(all)),
      ),
      (raw) => {
        assert.deepEqual(unsnappy(Buffer.from(compress(raw))), raw);
      },
    ),
    { numRuns: 60 },
  );
});

test('all kinds of copies and literals', () => {
  // From the description of the format: a copy may reach into what it makes itself.
  assert.equal(unsnappy(Buffer.from([7, 4, 97, 98, 0b000_001_01, 2])).toString(), 'abababa');
  assert.equal(unsnappy(Buffer.from([6, 8, 97, 98, 99, 0b000010_10, 3, 0])).toString(), 'abcabc');
  assert.equal(unsnappy(Buffer.from([6, 8, 97, 98, 99, 0b000010_11, 3, 0, 0, 0])).toString(), 'abcabc');
  assert.equal(unsnappy(Buffer.from([3, 60 << 2, 2, 97, 98, 99])).toString(), 'abc');
  assert.equal(unsnappy(Buffer.from([3, 63 << 2, 2, 0, 0, 0, 97, 98, 99])).toString(), 'abc');
  assert.equal(unsnappy(Buffer.from([0])).length, 0);
});

test('what is not in the format is refused, and takes no memory', (t) => {
  const sizes: number[] = [];
  for (const name of ['alloc', 'allocUnsafe', 'allocUnsafeSlow'] as const) {
    const { [name]: make } = Buffer;
    t.mock.method(Buffer, name, (size: number) => (sizes.push(size), make(size)));
  }
  for (const bytes of [
    [],
    [0x80],
    [255, 255, 255, 255, 255],
    [255, 255, 255, 255, 15],
    [5],
    [1, 0, 97, 98],
    [2, 4, 97],
    [5, 0, 97, 0b000_000_01, 0],
    [5, 0, 97, 0b000_000_01, 2],
    [3, 0, 97, 0b000_000_01, 1],
    [1, 63 << 2, 255, 255, 255, 255],
  ])
    assert.throws(() => unsnappy(Buffer.from(bytes)), corrupt, String(bytes));
  assert.ok(Math.max(0, ...sizes) <= 12 * 64, `${Math.max(...sizes)} bytes were taken`);
});

test('any bytes: decompressed or refused, nothing else', () => {
  const compress = snappyCompressor();
  const good = Buffer.from(compress(Buffer.from('hello hello hello, and more of that: hello hello hello'.repeat(20))));
  const damaged = fc.array(fc.tuple(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 })), { maxLength: 5 });
  const attempt = (bytes: Buffer) => {
    try {
      unsnappy(bytes);
    } catch (error) {
      assert.match(String(error), corrupt);
    }
  };
  fc.assert(
    fc.property(damaged, fc.nat({ max: good.length }), (places, length) => {
      const bytes = Buffer.from(good);
      for (const [at, value] of places) bytes[at] = value;
      attempt(bytes);
      attempt(bytes.subarray(0, length));
    }),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => attempt(Buffer.from(bytes))),
    { numRuns: 2000 },
  );
});
