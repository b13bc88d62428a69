import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Target } from '../../src/agent/target.ts';
import { filter, isPauseImage, kept, type Rules } from '../../src/watch/filter.ts';
import { compileLabelMap } from '../../src/watch/label-map.ts';
import type { Seen } from '../../src/watch/resolve.ts';
import { matches, parseSelector } from '../../src/watch/selector.ts';
import { wish } from '../support/running.ts';
import { noRules } from '../support/rules.ts';

interface Subject {
  labels?: Record<string, string>;
  namespace?: string;
  pod?: string;
  container?: string;
  image?: string;
}

function seen({
  labels = {},
  namespace = 'default',
  pod = 'shop-1',
  container = 'main',
  image = 'shop',
}: Subject = {}): Seen {
  const [base] = wish(['a']).targets as [Target];
  const target: Target = {
    ...base,
    pod: { ...base.pod, labels, namespace, name: pod },
    container: { ...base.container, name: container, image, imageName: image },
  };
  return {
    key: `${namespace}/${pod}/${container}`,
    container: {
      runtime: 'docker',
      id: 'a',
      name: container,
      restart: 0,
      pod: { namespace, name: pod, uid: 'u' },
      sandbox: false,
      log: { path: '/a', format: 'docker' },
      directory: `/${namespace}/${pod}/${container}`,
    },
    target,
    firstSeen: 0,
  };
}
const reason = (subject: Subject, rules: Partial<Rules>) => {
  const [verdict] = filter([seen(subject)], [], { ...noRules, ...rules });
  return [verdict?.reason, verdict?.detail];
};

test('required labels: all must be there, with any value', () => {
  const strictLabels = ['application', 'version'];
  assert.deepEqual(reason({ labels: { application: 'a', version: '' } }, { strictLabels }), ['kept', '']);
  assert.deepEqual(reason({ labels: { application: 'a' } }, { strictLabels }), ['label-missing', 'version']);
  assert.deepEqual(reason({}, { strictLabels }), ['label-missing', 'application, version']);
  assert.deepEqual(reason({}, { strictLabels: ['constructor'] }), ['label-missing', 'constructor']);
  assert.deepEqual(reason({}, {}), ['kept', '']);
});

test('a required label that is mapped is asked for where it comes from, and others where they stand', () => {
  const labelMap = compileLabelMap({ application: ['app', 'annotation:x'], release: 'container' });
  const rules = { strictLabels: ['application', 'release', 'team'], labelMap };
  assert.deepEqual(reason({ labels: { app: 'a', team: '' } }, rules), ['kept', '']);
  const detail = 'application (looked for at app, annotation:x), team';
  assert.deepEqual(reason({ labels: { application: 'a', app: '' } }, rules), ['label-missing', detail]);
});

test('what only an unread namespace could tell is not asked for', () => {
  const labelMap = compileLabelMap({ application: ['app', 'namespace-label:x'], version: 'build' });
  const rules = { labelMap, namespaceUnknown: (name: string) => name === 'default' };
  assert.deepEqual(reason({}, { ...rules, strictLabels: ['application'] }), ['kept', '']);
  assert.equal(reason({}, { ...rules, strictLabels: ['version'] })[0], 'label-missing');
  assert.equal(reason({}, { labelMap, strictLabels: ['application'] })[0], 'label-missing');
  assert.equal(reason({ namespace: 'known' }, { ...rules, strictLabels: ['application'] })[0], 'label-missing');
});

test('namespaces and container names, with wildcards', () => {
  assert.deepEqual(reason({ namespace: 'team-a' }, { includeNamespaces: ['team-*'] }), ['kept', '']);
  assert.deepEqual(reason({ namespace: 'other' }, { includeNamespaces: ['team-*'] }), [
    'namespace-not-included',
    'other',
  ]);
  assert.deepEqual(reason({ namespace: 'kube-system' }, { excludeNamespaces: ['kube-*'] }), [
    'namespace-excluded',
    'kube-system',
  ]);
  assert.deepEqual(reason({ namespace: 'kubexsystem' }, { excludeNamespaces: ['kube.system'] }), ['kept', '']);
  assert.deepEqual(reason({ container: 'istio-proxy' }, { excludeContainers: ['istio-proxy'] }), [
    'container-excluded',
    'istio-proxy',
  ]);
});

test('selectors on labels', () => {
  const labels = { app: 'web', tier: 'front' };
  assert.deepEqual(reason({ labels }, { includeLabels: ['app=web'] }), ['kept', '']);
  assert.deepEqual(reason({ labels }, { includeLabels: ['app=db', 'x'] }), ['label-not-included', '']);
  assert.deepEqual(reason({ labels }, { excludeLabels: ['tier'] }), ['label-excluded', 'tier']);
  assert.deepEqual(reason({ labels }, { excludeLabels: ['!owner'] }), ['label-excluded', '!owner']);
  for (const [text, holds] of [
    ['app==web', true],
    ['app != web', false],
    ['app!=db', true],
    ['other!=db', true],
    ['!app', false],
    ['toString', false],
  ] as const) {
    assert.equal(matches(parseSelector(text), labels), holds, text);
  }
});

test('the own pod, and only that', () => {
  const ownPod = { namespace: 'logging', name: 'watcher-x' };
  assert.deepEqual(reason({ namespace: 'logging', pod: 'watcher-x' }, { ownPod }), ['own-pod', '']);
  assert.deepEqual(reason({ namespace: 'other', pod: 'watcher-x' }, { ownPod }), ['kept', '']);
  assert.deepEqual(reason({ pod: 'watcher-x' }, { ownPod: { name: 'watcher-x' } }), ['own-pod', '']);
  assert.deepEqual(reason({ pod: 'watcher-x' }, { ownPod: { name: 'watcher-x', uid: 'another' } }), ['kept', '']);
});

test('pause containers of every generation, but no application that is only called so', () => {
  const pause = [
    'gcr.io/google_containers/pause-amd64',
    'gcr.io/google_containers/pause',
    'k8s.gcr.io/pause',
    'registry.k8s.io/pause',
    'mcr.microsoft.com/oss/kubernetes/pause',
    '602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/pause',
    'registry.aliyuncs.com/google_containers/pause-arm64',
    'rancher/mirrored-pause',
    'mirror:5000/pause',
    'openshift/origin-pod',
    'openshift3/ose-pod',
    'pause',
  ];
  for (const image of pause) assert.equal(isPauseImage(image), true, image);
  for (const image of ['pause-app', 'team/pause-app', 'pause/app', 'unpause', 'pausegame', 'pod', '']) {
    assert.equal(isPauseImage(image), false, image);
  }
  assert.deepEqual(reason({ image: 'k8s.gcr.io/pause' }, {}), ['pause-container', 'k8s.gcr.io/pause']);
});

test('a sandbox and a waiting container have their own reasons', () => {
  const sandbox = seen();
  sandbox.container.sandbox = true;
  const waiting: Seen = { ...seen({ pod: 'z' }), target: undefined, pending: { reason: 'pod-unknown', detail: 'uid' } };
  const verdicts = filter([waiting, sandbox], [], noRules);
  assert.deepEqual(
    verdicts.map(({ state, reason }) => [state, reason]),
    [
      ['dropped', 'pause-container'],
      ['pending', 'pod-unknown'],
    ],
  );
});

test('what is incomplete on disk is told, unless it is known already', () => {
  const incomplete = [
    { directory: '/x', reason: 'log-driver', detail: 'journald' },
    { directory: '/y', reason: 'container-incomplete', detail: '' },
    { directory: seen().container.directory, reason: 'config-unreadable', detail: '' },
  ] as const;
  const verdicts = filter([seen()], incomplete, noRules);
  assert.deepEqual(
    verdicts.map(({ state, reason }) => [state, reason]),
    [
      ['dropped', 'log-driver'],
      ['pending', 'container-incomplete'],
      ['kept', 'kept'],
    ],
  );
});

test('kept targets come in canonical order, whatever the order of finding', () => {
  const names = [
    ['b', 'x'],
    ['a', 'z'],
    ['a', 'y'],
  ] as const;
  const order = (list: Seen[]) => kept(filter(list, [], noRules)).map(({ pod }) => `${pod.namespace}/${pod.name}`);
  const all = names.map(([namespace, pod]) => seen({ namespace, pod }));
  assert.deepEqual(order(all), ['a/y', 'a/z', 'b/x']);
  assert.deepEqual(order(all.toReversed()), ['a/y', 'a/z', 'b/x']);
});
