import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { emptyLine } from '../../src/logs/lines/line.ts';
import { lineParser } from '../../src/logs/lines/parse.ts';

const parse = lineParser();

/** A line in the midst of others, as it lies in a buffer that was read. */
function read(text: string | Buffer) {
  const bytes = Buffer.from(text as string);
  const line = emptyLine();
  parse(Buffer.concat([Buffer.from('before\n'), bytes, Buffer.from('\nafter')]), 7, 7 + bytes.length, line);
  const { format, stream, seconds, nanos, partial } = line;
  return { format, stream, seconds, nanos, partial, text: line.bytes.subarray(line.start, line.end) };
}

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.constant(''));
const streams = fc.constantFrom('stdout', 'stderr');
const times = fc.record({
  seconds: fc.integer({ min: 0, max: 4_102_444_800 }),
  nanos: fc.integer({ min: 0, max: 999_999_999 }),
  digits: fc.integer({ min: 0, max: 9 }),
  offset: fc.constantFrom('Z', '+00:00', '-07:00', '+05:30', '+14:00'),
});

/** The time as a runtime may write it, and the nanoseconds that are left by the digits. */
function written({ seconds, nanos, digits, offset }: typeof times extends fc.Arbitrary<infer T> ? T : never) {
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)/.exec(offset) ?? ['', '+', '0', '0'];
  const shift = (Number(hours) * 3600 + Number(minutes) * 60) * (sign === '-' ? -1 : 1);
  const date = new Date((seconds + shift) * 1000).toISOString().slice(0, 19);
  const fraction = String(nanos).padStart(9, '0').slice(0, digits);
  return {
    text: `${date}${digits > 0 ? `.${fraction}` : ''}${offset}`,
    nanos: Number((fraction || '0').padEnd(9, '0')),
  };
}

test('CRI lines are read whatever offset, fraction and tags', () => {
  fc.assert(
    fc.property(
      times,
      streams,
      fc.constantFrom('P', 'F', 'F:later', 'P:a:b'),
      fc.uint8Array(),
      (time, stream, tags, raw) => {
        const bytes = Buffer.from(raw).filter((byte) => byte !== 10);
        const { text: at, nanos } = written(time);
        if (at.startsWith('1969') || at.startsWith('-')) return;
        const line = read(Buffer.concat([Buffer.from(`${at} ${stream} ${tags} `), bytes]));
        const expected = {
          seconds: time.seconds,
          nanos,
          stream: stream === 'stdout' ? 0 : 1,
          partial: tags[0] === 'P',
        };
        assert.deepEqual(line, { format: 'cri', ...expected, text: Buffer.from(bytes) });
      },
    ),
  );
});

test('the empty end of a line, with or without the space behind the tag', () => {
  for (const end of ['F', 'F ']) {
    const line = read(`2026-01-02T03:04:05.1+00:00 stdout ${end}`);
    assert.equal(line.format, 'cri');
    assert.equal(line.text.length, 0);
  }
});

test("Docker's lines are read as JSON.parse reads them", () => {
  fc.assert(
    fc.property(times, streams, text, fc.boolean(), fc.nat(3), (time, stream, log, full, form) => {
      const { text: at, nanos } = written({ ...time, offset: 'Z' });
      const value = { log: full ? `${log}\n` : log, stream, time: at };
      const written4 = [
        JSON.stringify(value),
        JSON.stringify(value).replaceAll(
          /[^\x20-\x7e]/g,
          (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
        ),
        JSON.stringify({ log: value.log, stream, attrs: { tag: 'a"b' }, time: at }),
        JSON.stringify({ time: at, stream, log: value.log }, undefined, ' ').replaceAll('\n', ' '),
      ];
      const line = read(written4[form] ?? '');
      const partial = !value.log.endsWith('\n');
      const expected = (partial ? value.log : value.log.slice(0, -1)).toWellFormed();
      assert.deepEqual(
        { ...line, text: line.text.toString() },
        {
          format: 'docker',
          stream: stream === 'stdout' ? 0 : 1,
          seconds: time.seconds,
          nanos,
          partial,
          text: expected,
        },
      );
    }),
  );
});

test('lone surrogates become U+FFFD', () => {
  const time = '"stream":"stdout","time":"2026-01-02T03:04:05Z"}';
  assert.equal(read(`{"log":"a\\ud83dz\\udc00\\n",${time}`).text.toString(), 'a\ufffdz\ufffd');
  assert.equal(read(`{"log":"\\ud83d\\ude00\\\\n",${time}`).text.toString(), '😀\\n');
});

test('anything else is taken as it stands', () => {
  const strange = [
    '',
    ' ',
    'hello',
    '{"log":"x"}',
    '{"log":"unfinished',
    '{"log":"x\\q\\n","stream":"stdout","time":"2026-01-02T03:04:05Z"}',
    '{"log":1,"stream":"stdout","time":"2026-01-02T03:04:05Z"}',
    '2026-01-02T03:04:05Z stdout X text',
    '2026-01-02T03:04:05Z stdlog F text',
    '2026-13-02T03:04:05Z stdout F text',
    '2026-01-02T03:04:05 stdout F text',
    '2026-01-02T03:04:05Z stdout FULL text',
    '0001-01-01T00:00:00Z stdout F text',
  ];
  for (const line of strange) {
    const { format, seconds, text } = read(line);
    assert.deepEqual({ format, seconds, text: text.toString() }, { format: 'plain', seconds: -1, text: line });
  }
});

test('no bytes at all make it fail', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (raw, braced) => {
      const bytes = Buffer.from(braced ? [123, ...raw] : raw);
      const line = read(bytes);
      if (line.format === 'plain') assert.deepEqual(line.text, bytes);
    }),
  );
});
