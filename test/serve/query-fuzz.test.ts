import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { routes } from '../../src/serve/routes.ts';
import { base, entry, stored } from './stored.ts';

const names = [
  'from',
  'to',
  'after',
  'limit',
  'direction',
  'match',
  'pod',
  'q',
  'regex',
  'contains',
  'by',
  'step',
  'steps',
  'late',
  'skip',
  'format',
  'query',
  'start',
  'end',
  'time',
  'since',
  'interval',
  'match[]',
  'line_limit',
  'targetLabels',
  'namespace',
  'pod_name',
  'container_name',
  'start_time',
  'end_time',
  'last_event_id',
];
const values = [
  '',
  '0',
  '-1',
  '1e9',
  '1',
  '1h',
  '1ns',
  '99999999999999999999',
  '2026-01-02T03:04:05Z',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999999Z',
  'now',
  'a=b',
  'a=~(',
  'a=~.*',
  '{}',
  '{pod="web-0"}',
  '{a=~".+"} | json',
  'rate({a="b"}[1ns])',
  'sum(count_over_time({pod=~".+"}[99999w] offset -99999w))',
  'vector(1)',
  '1/0',
  'topk(3, vector(1))',
  'not',
  '(',
  '/(a*)*/',
  '\\',
  '__proto__',
  'constructor',
  'a.b.c',
  '1.2.3',
  '9.9.9',
  '-1|||0|0|0',
  'gzip',
  'backward',
];
const words = fc.oneof(fc.constantFrom(...values), fc.string({ unit: 'binary', maxLength: 10 }));
const parameters = fc.array(fc.tuple(fc.constantFrom(...names), words), { maxLength: 6 });
const paths = routes
  .filter(({ access, lasting, methods }) => access === 'read' && lasting !== true && 'GET' in methods)
  .map(({ path }) => path);
const rests = fc.constantFrom(
  '',
  'a',
  'pod/web-0',
  'pod/values',
  '__proto__/values',
  'constructor/x',
  '%',
  '%2F/%2f',
  '//',
  'a/b/c/d',
);

test('whatever a reader asks for, the answer is one, and no failure', async (t) => {
  const { url, world } = await stored(t);
  const odd = {
    labels: { __proto__x: 'a', constructor: 'b', '': 'c', 'a b': '"' },
    metadata: { constructor: 'd', '1': '2' },
  };
  await world.store.write([
    entry('a=1 b="c"', base, odd),
    entry('{"constructor":{"a":[1]},"__proto__":{"x":1}}', world.now()),
    entry('', 0n),
  ]);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), rests, parameters, async (path, rest, asked) => {
      const place = path.replace('*', rest);
      const answer = await fetch(`${url}${place}?${new URLSearchParams(asked).toString()}`);
      const text = await answer.text();
      assert.ok([200, 204, 304, 400, 404, 501].includes(answer.status), `${answer.status} ${place} ${text}`);
      if (answer.status === 200 && answer.headers.get('content-type') === 'application/json') JSON.parse(text);
    }),
    { numRuns: 600 },
  );
});
