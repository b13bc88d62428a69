import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defineAgent, type Output } from '../../src/agent/agent.ts';
import { checkOutputs, placesOf } from '../../src/agent/outputs.ts';

const agent = defineAgent({
  name: 'some',
  summary: 'Some',
  options: {
    dir: { type: 'directory', describe: 'A directory' },
    config: { type: 'file', describe: 'A file' },
    name: { type: 'string', describe: 'No place' },
  },
  directories: () => ['/etc/some.d/'],
  render: () => [],
});
const options = { dir: '/out/', config: '/etc/some.json', name: '/etc' };
const file = (path: string, more = {}): Output => ({ kind: 'file', path, content: '', ...more });
const check = (...outputs: Output[]) => checkOutputs(agent, outputs, options);

test('takes what lies in the places of the options', () => {
  assert.deepEqual(placesOf(agent, options), { directories: ['/out', '/etc/some.d'], files: ['/etc/some.json'] });
  const link: Output = { kind: 'link', path: '/out/a/c', to: '../x' };
  assert.deepEqual(
    check(file('/out/a/b'), link, file('/etc/some.json', { mode: 0o600 }), file('/etc/some.d/x.json')),
    [],
  );
});

for (const [path, why] of [
  ['out/a', 'is no absolute path'],
  ['/out/../etc/passwd', 'is not a normal path: no "..", "//" or "/" at the end'],
  ['/out//a', 'is not a normal path: no "..", "//" or "/" at the end'],
  ['/out/a/', 'is not a normal path: no "..", "//" or "/" at the end'],
  ['/out/a\0b', 'contains a NUL character'],
  ['/out', 'does not lie in a place that the options give: /out, /etc/some.d, /etc/some.json'],
  ['/output/a', 'does not lie in a place that the options give: /out, /etc/some.d, /etc/some.json'],
  ['/etc/some.json/x', 'does not lie in a place that the options give: /out, /etc/some.d, /etc/some.json'],
  ['/etc/x', 'does not lie in a place that the options give: /out, /etc/some.d, /etc/some.json'],
  [`/out/${'x'.repeat(256)}`, 'has a name of more than 255 bytes'],
] as const) {
  test(`refuses ${JSON.stringify(path).slice(0, 40)}`, () => {
    assert.deepEqual(check(file(path)), [`Agent some: ${JSON.stringify(path)} ${why}`]);
  });
}

test('refuses two outputs on one path, and one below another', () => {
  assert.deepEqual(check(file('/out/a'), file('/out/a')), ['Agent some: "/out/a" is the path of more than one output']);
  assert.deepEqual(check(file('/out/a/b/c'), file('/out/a')), [
    'Agent some: "/out/a" is an output, so "/out/a/b/c" can\'t lie below it',
  ]);
});

test('refuses what is no file and no link', () => {
  assert.match(check({ kind: 'link', path: '/out/a', to: '' })[0] ?? '', /leads nowhere/);
  assert.match(check({ kind: 'link', path: '/out/a', to: 'a\0' })[0] ?? '', /leads nowhere/);
  assert.match(check(file('/out/a', { mode: 0o1777 }))[0] ?? '', /no valid mode/);
  assert.match(check(file('/out/a', { content: undefined }))[0] ?? '', /without content/);
  assert.match(check(file('/out/a', { kind: 'pipe' }))[0] ?? '', /neither a file nor a link/);
});

test('an option without a value is no place', () => {
  assert.match(
    checkOutputs(agent, [file('/out/a')], { dir: undefined, config: '/c', name: '' })[0] ?? '',
    /does not lie/,
  );
});
