import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { silent } from '../../src/system/log.ts';
import { keepSecret } from '../../src/system/secrets.ts';
import { reportErrors } from '../../src/system/sentry.ts';

test('an error is posted as a Sentry envelope, without secrets', async (t) => {
  const arrived = Promise.withResolvers<{ request: IncomingMessage; body: string }>();
  const server = createServer((request, response) => {
    void text(request).then((body) => arrived.resolve({ request, body }));
    request.on('end', () => response.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  keepSecret('canary-key-1');
  const logged: string[] = [];
  const log = reportErrors(
    { ...silent, error: (message) => void logged.push(message) },
    `http://public@127.0.0.1:${port}/sentry/42`,
    { release: '1.2.3', environment: 'test', serverName: 'alias:node-1:pod' },
  );
  log.error('agent failed', { agent: 'scalyr', error: new Error('no canary-key-1 here') });
  log.info('not an error');
  const { request, body } = await arrived.promise;
  assert.equal(request.url, '/sentry/api/42/envelope/');
  assert.match(String(request.headers['x-sentry-auth']), /sentry_key=public/);
  const [, type, event] = body.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(type, { type: 'event' });
  assert.equal(event?.['message'], 'agent failed');
  assert.equal(event['release'], '1.2.3');
  assert.equal(event['server_name'], 'alias:node-1:pod');
  assert.deepEqual(event['extra'], { agent: 'scalyr', error: 'no *** here' });
  assert.deepEqual(logged, ['agent failed'], 'it is logged as ever');
});
