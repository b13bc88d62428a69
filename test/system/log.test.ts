import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { createLog } from '../../src/system/log.ts';
import { keepSecret, mask } from '../../src/system/secrets.ts';

test('a line is one JSON object, errors are their message, secrets are masked', async () => {
  const stream = new PassThrough();
  const log = createLog('info', stream);
  keepSecret('canary"key');
  log.info('agent applied', { agent: 'scalyr', error: new Error('bad\ncanary"key'), level2: 'x' });
  log.debug('not at this level');
  stream.end();
  const lines = (await text(stream)).trimEnd().split('\n');
  assert.equal(lines.length, 1);
  const { time, ...line } = JSON.parse(lines[0]!) as Record<string, unknown>;
  assert.match(String(time), /^\d{4}-\d\d-\d\dT.*Z$/);
  assert.deepEqual(line, { level: 'info', message: 'agent applied', agent: 'scalyr', error: 'bad\n***', level2: 'x' });
});

test('short texts are no secrets: they would mask everything', () => {
  keepSecret('a');
  assert.equal(mask('a banana'), 'a banana');
});
