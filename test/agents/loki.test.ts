import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Output } from '../../src/agent/agent.ts';
import { makeTarget } from '../support/targets.ts';
import { hostileTargets, runs } from './hostile.ts';
import { oneAgent, render } from './render.ts';

const loki = await oneAgent('loki');

/** The labels of one target file, after a check of all that Prometheus' file discovery demands of it. */
function labelsOf(output: Output | undefined): Record<string, string> {
  assert.ok(output?.kind === 'file');
  const groups = JSON.parse(output.content) as Record<string, unknown>[];
  assert.equal(groups.length, 1);
  const [group = {}] = groups;
  assert.deepEqual(Object.keys(group).sort(), ['labels', 'targets']);
  assert.deepEqual(group['targets'], ['localhost']);
  const labels = group['labels'] as Record<string, string>;
  for (const [name, value] of Object.entries(labels)) {
    assert.ok(name === '__path__' || /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/.test(name), name);
    assert.ok(typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= 2048, name);
  }
  return labels;
}

const one = (labels: Record<string, string>, options = {}, log?: string) => {
  const { outputs, reports } = render(loki, [makeTarget({ labels, ...(log && { log }) })], options);
  return { labels: labelsOf(outputs[0]), reports };
};

test('tells path, format and who it is', () => {
  assert.deepEqual(one({ application: 'shop', version: 'v1', other: 'x' }, {}, '/var/log/pods/a/0.log').labels, {
    __path__: '/var/log/pods/a/0.log',
    format: 'docker',
    namespace: 'default',
    pod: 'web-1',
    container: 'app',
    application: 'shop',
    version: 'v1',
    environment: 'production',
    node: 'node-1',
    cluster: 'kube-cluster-1',
  });
});

test('the path is no pattern', () => {
  assert.equal(one({}, {}, '/a*b?c[d]{e}\\f').labels['__path__'], '/a\\*b\\?c\\[d\\]\\{e\\}\\\\f');
});

test('adds the wanted labels under legal names of their own', () => {
  const labels = {
    'app.kubernetes.io/name': 'a',
    'app-kubernetes-io-name': 'b',
    app_kubernetes_io_name: 'c',
    node: 'n',
    team: 't',
  };
  const added = one(labels, { labels: ['*'], 'max-labels': 50 }).labels;
  assert.equal(added['app_kubernetes_io_name'], 'c');
  assert.deepEqual(Object.keys(added).filter((name) => name.startsWith('app_')).length, 3);
  assert.equal(added['label_node'], 'n');
  assert.equal(added['node'], 'node-1');
  assert.equal(one(labels, { labels: ['team'] }).labels['team'], 't');
  assert.equal('label_node' in one(labels, { labels: ['team'] }).labels, false);
});

test('leaves out and reports what is more than Loki takes', () => {
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`l${index + 10}`, 'x']));
  const { labels, reports } = one(many, { labels: ['*'] });
  assert.equal(Object.keys(labels).length, 13 + 2);
  assert.equal(reports.length, 1);
  assert.match(reports[0] ?? '', /^app: labels beyond --loki-max-labels are left out: l17, /);
});

test('labels are what the pod says, whatever it says', () => {
  fc.assert(
    fc.property(hostileTargets, (targets) => {
      const { outputs } = render(loki, targets, { labels: ['*'], 'max-labels': 100 });
      for (const [index, target] of targets.entries()) {
        const labels = labelsOf(outputs[index]);
        for (const name of ['application', 'component', 'version', 'release'] as const) {
          const wanted = target[name].toWellFormed();
          assert.ok(
            wanted === (labels[name] ?? '') || (wanted.length > 600 && wanted.startsWith(labels[name] ?? '-')),
            name,
          );
        }
        assert.equal(labels['__path__'], target.log.path);
        const given = Object.values(target.pod.labels).filter((value) => value !== '').length;
        const common = ['namespace', 'pod', 'container'].filter((name) => labels[name]).length;
        const fallback = target.pod.labels['environment'] ? 0 : 1;
        assert.equal(Object.keys(labels).length, 4 + common + given + fallback);
      }
    }),
    { numRuns: runs },
  );
});
