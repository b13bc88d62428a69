import assert from 'node:assert/strict';
import { appendFileSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { labelsOf } from '../../src/ship/loki/labels.ts';
import { startCollector } from '../support/collector.ts';
import { makeDestination } from '../support/destinations.ts';
import { until } from '../support/program.ts';
import { lokiFor, place, start } from '../support/ships.ts';

test('each line is told by every path that leads to its file, to every kind of destination', async (t) => {
  const { root, put } = place(t);
  const path = put('logs/a.log', 'one\n');
  symlinkSync('a.log', join(root, 'logs/b.log'));
  const both = [`${root}/logs/a.log one`, `${root}/logs/b.log one`];
  const usual = ['--paths', `${root}/logs/*`, '--each-path'];

  const printing = await start(t, [...usual, '--sink', 'stdout', '--encoding', 'json']);
  const printed = () =>
    printing.lines().map((line) => {
      const { path, log } = JSON.parse(line) as Record<string, string>;
      return `${path} ${log}`;
    });
  await until('both lines', () => printed().length >= 2);
  assert.deepEqual(printed().sort(), both);

  const loki = await lokiFor(t);
  await start(t, [...usual, '--url', loki.url, '--labels', 'path', '--metadata=']);
  await until('both lines in Loki', () => loki.entries.length >= 2);
  assert.deepEqual(loki.entries.map(({ labels, line }) => `${labels['path']} ${line}`).sort(), both);
  assert.deepEqual(Object.keys(loki.entries[0]?.labels ?? {}), ['path']);

  const collector = await startCollector(t, ({ path, log }) => `${path} ${log}`);
  await start(t, [...usual, '--sink', 'http', '--url', collector.url]);
  await until('both lines by HTTP', () => collector.got.length >= 2);
  assert.deepEqual(collector.got.sort(), both);

  // A name that comes has what is written from then on; one that goes has nothing more.
  symlinkSync(path, join(root, 'logs/c.log'));
  unlinkSync(join(root, 'logs/b.log'));
  let line = 0;
  await until('the third name', () => {
    appendFileSync(path, `${line++}\n`);
    return printed().some((text) => text.startsWith(`${root}/logs/c.log `));
  });
  const before = printed().length;
  appendFileSync(path, 'last\n');
  await until('the last line', () => printed().filter((text) => text.endsWith(' last')).length >= 2);
  const after = new Set(
    printed()
      .slice(before)
      .map((text) => text.split(' ')[0]),
  );
  assert.deepEqual(after, new Set([`${root}/logs/a.log`, `${root}/logs/c.log`]));
});

test('labels: * for all that there are, up to the limit; those that are named come first', async () => {
  const extra = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`x${index}`, String(index)]));
  const source = { path: '/logs/a.log', attributes: { 'k8s-app': 'dns', container: 'app', ...extra } };
  const labels = (limit: number) => {
    const destination = makeDestination({ labels: ['container', '*', 'path'], labelLimit: limit });
    return Object.fromEntries(labelsOf({ source, stream: 1 }, destination));
  };
  const { container, path, ...others } = labels(15);
  assert.deepEqual([container, path, Object.keys(others).length], ['app', '/logs/a.log', 13]);
  const all = labels(64);
  assert.equal(Object.keys(all).length, 25);
  assert.deepEqual([all['k8s_app'], all['x19'], all['stream'], all['node']], ['dns', '19', 'stderr', 'node-1']);
});
