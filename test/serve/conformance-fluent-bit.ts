import assert from 'node:assert/strict';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { snappyCompressor } from '../../src/ship/snappy.ts';
import type { Check } from './conformance-suite.ts';
import { fluentBit } from './fluent-bit.ts';
import { logs, record } from './records.ts';

/** What Fluent Bit sends, as it was recorded. */
export function checkFluentBit(check: Check): void {
  check('F-01, F-02 what Fluent Bit sends today', async ({ strict, lenient }) => {
    for (const one of [strict, lenient]) {
      assert.deepEqual(await one.post(fluentBit.usual, { 'content-type': 'application/json' }), [200, '']);
      assert.deepEqual(await logs(one, 'cri-1'), ['one', 'two']);
    }
  });

  check('F-03, F-04, F-05, F-06 what would lose a whole chunk, and what is left of it', async (tools) => {
    const { strict, lenient } = tools;
    for (const [body, pod, expected] of [
      [fluentBit.homeless, 'none', []],
      [fluentBit.merged, 'merged', ['{"a":1}', '{"level":"info","message":"x"}', 'fine']],
      [fluentBit.raw, 'raw', ['first', 'second']],
    ] as const) {
      assert.equal((await strict.post(body))[0], 400);
      assert.deepEqual(await logs(strict, pod), []);
      assert.deepEqual(await lenient.post(body), [200, '']);
      assert.deepEqual(await logs(lenient, pod), expected);
    }
    const tag = `kube.var.log.containers.tagged_default_web-${'0'.repeat(64)}.log`;
    assert.deepEqual(await lenient.post(fluentBit.homeless, { 'fluent-tag': tag }), [200, '']);
    assert.deepEqual(await logs(lenient, 'tagged'), ['who am I']);
  });

  check('F-07 its formats and compressions', async ({ strict, lenient }) => {
    const at = (minute: number, log: string) => record('f07', `2018-05-03T14:0${minute}:00Z`, log);
    const json = (...all: object[]) => all.map((one) => JSON.stringify(one));
    for (const one of [strict, lenient]) {
      const lines = json(at(0, 'lines 1'), at(1, 'lines 2')).join('\n');
      assert.deepEqual(await one.post(`${lines}\n`, { 'content-type': 'application/x-ndjson' }), [200, '']);
      const stream = json(at(2, 'stream 1'), at(3, 'stream 2')).join('');
      assert.deepEqual(await one.post(stream, { 'content-type': 'application/json' }), [200, '']);
      const raw = (log: string, minute: number) => Buffer.from(JSON.stringify([at(minute, log)]));
      for (const [encoding, body] of [
        ['gzip', gzipSync(raw('gzip', 4))],
        ['deflate', deflateSync(raw('deflate', 5))],
        ['zstd', zstdCompressSync(raw('zstd', 6))],
        ['snappy', Buffer.from(snappyCompressor()(raw('snappy', 7)))],
      ] as const)
        assert.deepEqual(await one.post(body, { 'content-encoding': encoding }), [200, ''], encoding);
      const all = 'lines 1,lines 2,stream 1,stream 2,gzip,deflate,zstd,snappy';
      assert.equal((await logs(one, 'f07')).join(), all);
    }
  });
}
