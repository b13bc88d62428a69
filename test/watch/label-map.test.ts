import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkLabelMap,
  compileLabelMap,
  mapped,
  mappedNames,
  sourcesOf,
  type Subject,
} from '../../src/watch/label-map.ts';

function subject(pod: Partial<Subject['pod']> = {}): Subject {
  return {
    pod: {
      namespace: 'shop',
      labels: {},
      annotations: {},
      namespaceLabels: {},
      owner: { kind: 'Deployment', name: 'cart' },
      ...pod,
    },
    container: { name: 'main' },
  };
}
const from = (sources: unknown, pod: Partial<Subject['pod']> = {}) =>
  mapped('application', compileLabelMap({ application: sources }), subject(pod));

test('without a table each name is the label of the pod', () => {
  for (const name of mappedNames) {
    assert.equal(mapped(name, compileLabelMap(undefined), subject({ labels: { [name]: 'x' } })), 'x');
    assert.equal(mapped(name, compileLabelMap(undefined), subject({ labels: { other: 'x' } })), '');
  }
  assert.equal(from(['constructor']), '', 'what every object has is no label');
  assert.equal(mapped('version', compileLabelMap({ application: 'app' }), subject({ labels: { version: '1' } })), '1');
});

test('the first source that has a value wins, and an empty value is none', () => {
  const sources = ['application', 'app', 'owner-name'];
  assert.equal(from(sources, { labels: { application: 'a', app: 'b' } }), 'a');
  assert.equal(from(sources, { labels: { application: '', app: 'b' } }), 'b');
  assert.equal(from(sources, { labels: { other: 'c' } }), 'cart');
  assert.equal(from(['application', 'app']), '');
});

test('every kind of source is read', () => {
  const pod = {
    labels: { container: 'label', 'app.kubernetes.io/name': 'name' },
    annotations: { 'example.org/team': 'blue', app: 'annotation' },
    namespaceLabels: { tier: 'gold' },
  };
  const expected = {
    'app.kubernetes.io/name': 'name',
    'label:app.kubernetes.io/name': 'name',
    'annotation:example.org/team': 'blue',
    'namespace-label:tier': 'gold',
    'owner-name': 'cart',
    'owner-kind': 'Deployment',
    container: 'main',
    namespace: 'shop',
    'label:container': 'label',
    app: '',
  };
  for (const [source, value] of Object.entries(expected)) assert.equal(from(source, pod), value, source);
});

test('an annotation that is no value, but a document, counts as none', () => {
  const of = (text: string) => from(['annotation:about', 'container'], { annotations: { about: text } });
  assert.equal(of(' blue team '), 'blue team');
  for (const text of ['two\nlines', 'a\u0000b', 'x'.repeat(254), '\ud800', ' ']) assert.equal(of(text), 'main');
});

test('the recommended labels stand behind our own', () => {
  const map = compileLabelMap('recommended');
  const labels = {
    'app.kubernetes.io/name': 'mysql',
    'app.kubernetes.io/instance': 'mysql-1',
    'app.kubernetes.io/version': '8.0',
    'app.kubernetes.io/component': 'database',
  };
  const all = (labels: Record<string, string>) => mappedNames.map((name) => mapped(name, map, subject({ labels })));
  assert.deepEqual(all(labels), ['mysql', 'database', '', '8.0', 'mysql-1']);
  assert.equal(all({ ...labels, application: 'ours' })[0], 'ours');
  assert.equal(checkLabelMap('recommended'), undefined);
  assert.deepEqual(sourcesOf('version', map), ['version', 'app.kubernetes.io/version']);
  assert.equal(sourcesOf('team', map), undefined);
});

test('all that is wrong is told at once, with a way out', () => {
  const problem = checkLabelMap({
    aplication: 'app',
    application: [],
    version: ['app version', 'anotation:x', 'annotation:'],
    release: [7],
  });
  assert.match(problem ?? '', /"aplication", which can't be mapped \(did you mean `application`\?\)/);
  assert.match(problem ?? '', /for application no source/);
  assert.match(problem ?? '', /for version "app version", which is no source; there are a label, label:KEY/);
  assert.match(problem ?? '', /"anotation:x", which is no source \(did you mean `annotation`\?\)/);
  assert.match(problem ?? '', /"annotation:", which names no key after annotation:/);
  assert.match(problem ?? '', /for release "7", which is no text/);
  for (const value of ['default', ['application'], null, 7])
    assert.match(checkLabelMap(value) ?? '', /the word recommended, or a mapping of application, component/);
  assert.equal(checkLabelMap({ application: 'app', version: ['annotation:x/y', 'container'] }), undefined);
});
