import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileTenants } from '../../src/watch/hints/tenants.ts';
import { keys } from '../../src/watch/hints/values.ts';
import { lint, type LintRules } from '../../src/watch/lint.ts';

const rules: LintRules = { allowed: new Set(keys), policy: [], injected: [] };

/** A pod with these annotations, each a line of YAML. */
function pod(...annotations: string[]): string {
  const lines = annotations.map((line) => `    kubernetes-log-watcher/${line}\n`).join('');
  return `apiVersion: v1\nkind: Pod\nmetadata:\n  name: shop\n  namespace: store\n  annotations:\n${lines}spec:\n  initContainers:\n    - name: setup\n  containers:\n    - name: app\n    - name: nginx\n`;
}
const found = (text: string, changed: Partial<LintRules> = {}) =>
  lint('a.yaml', text, { ...rules, ...changed }).map(({ code, line, message }) => `${line} ${code} ${message}`);

interface Case {
  annotation: string;
  /** What the finding has to match; none where nothing may be found. */
  finds?: RegExp;
  rules?: Partial<LintRules>;
}

const cases: Case[] = [
  { annotation: 'parser: accessLog' },
  { annotation: 'app.parser: accessLog' },
  { annotation: 'setup.exclude: "true"' },
  { annotation: 'include: "true"' },
  { annotation: 'sampling: "0.5"' },
  { annotation: `sampling: '[{"match": "DEBUG", "rate": 0}]'` },
  { annotation: `redaction: '[{"match": "[0-9]{16}"}]'` },
  { annotation: `attributes: '{"team": "blue"}'` },
  { annotation: String.raw`multiline-start: '^\d{4}-\d{2}'` },
  { annotation: 'tenant: anybody' },
  { annotation: `scalyr-parser: '[{"container": "app", "parser": "json"}]'` },
  {
    annotation: `scalyr-sampling-rules: '[{"container": "app", "sampling-rules": [{"match_expression": "x", "sampling_rate": "0.1"}]}]'`,
  },
  {
    annotation: `scalyr-redaction-rules: '[{"container": "app", "redaction-rules": [{"match_expression": "(?P<a>x)", "replacement": "y"}]}]'`,
  },
  { annotation: 'istio-proxy.exclude: "true"', rules: { injected: ['istio-proxy'] } },

  { annotation: 'multiline: x', finds: /^7 unknown-key .*there are|^7 unknown-key .*is no hint/ },
  {
    annotation: 'multiline-strat: x',
    finds: /^7 unknown-key .*did you mean `kubernetes-log-watcher\/multiline-start`/,
  },
  { annotation: 'app.exlude: "true"', finds: /^7 unknown-key .*app\.exclude/ },
  { annotation: 'parser.app: x', finds: /^7 unknown-key .*app\.parser/ },
  { annotation: 'path: /etc/passwd', finds: /^7 unknown-key/ },
  { annotation: 'ngnix.parser: x', finds: /^7 unknown-container .*did you mean "nginx"/ },
  { annotation: 'istio-proxy.exclude: "true"', finds: /^7 unknown-container .*there are setup, app, nginx/ },
  { annotation: 'exclude: true', finds: /^7 invalid-value .*put the value in quotes/ },
  { annotation: 'sampling: 0.5', finds: /^7 invalid-value .*put the value in quotes/ },
  { annotation: 'exclude: "yes"', finds: /^7 invalid-value .*true or false/ },
  { annotation: 'include: "True"', finds: /^7 invalid-value .*true or false/ },
  { annotation: 'parser: "a b"', finds: /^7 invalid-value .*name of a parser/ },
  { annotation: 'sampling: "1.5"', finds: /^7 invalid-value .*from 0 to 1/ },
  { annotation: 'sampling: "often"', finds: /^7 invalid-value .*JSON list/ },
  { annotation: `sampling: '[{"match": "x"}]'`, finds: /^7 invalid-value .*rule 1 has to have a rate/ },
  { annotation: `sampling: '[{"rate": 1}, {"rate": 1, "mach": "x"}]'`, finds: /rule 2 has the unknown field "mach"/ },
  { annotation: `redaction: '[{"match": "x"]'`, finds: /^7 invalid-value .*no valid JSON/ },
  { annotation: `redaction: '{"match": "x"}'`, finds: /^7 invalid-value .*JSON list/ },
  { annotation: `redaction: '[{"match": "("}]'`, finds: /rule 1 has a match that is no regular expression/ },
  { annotation: String.raw`redaction: '[{"match": "(a)", "replacement": "\\1"}]'`, finds: /replacement/ },
  { annotation: 'multiline-start: "(?=x)"', finds: /looks ahead or behind/ },
  { annotation: String.raw`multiline-start: '(a)\1'`, finds: /back-reference/ },
  { annotation: 'multiline-start: "(?P<n>x)"', finds: /named group/ },
  { annotation: 'multiline-start: "x{2000}"', finds: /more than 1000 times/ },
  { annotation: `multiline-start: "${'x'.repeat(1001)}"`, finds: /more than 1000 characters/ },
  { annotation: `attributes: '["team"]'`, finds: /^7 invalid-value .*JSON object/ },
  { annotation: `attributes: '{"team": 1}'`, finds: /"team", which is no text/ },
  { annotation: `attributes: '{"my-team": "x"}'`, finds: /"my-team", which is no name/ },
  { annotation: `attributes: '{"pod": "x"}'`, finds: /"pod", which is an attribute that every log has/ },
  { annotation: 'parser: x', rules: { allowed: new Set(['exclude']) }, finds: /^7 not-allowed .*exclude/ },
  { annotation: 'tenant: red', rules: { tenants: compileTenants({ store: ['blue'] }) }, finds: /tenant-not-allowed/ },
  { annotation: 'tenant: "a/b"', finds: /^7 invalid-value .*name of a tenant/ },
  { annotation: 'scalyr-parser: accessLog', finds: /^7 invalid-value .*no valid JSON/ },
  { annotation: `scalyr-parser: '{"container": "app"}'`, finds: /no JSON list/ },
  { annotation: `scalyr-parser: '[{"container": "ap", "parser": "x"}]'`, finds: /unknown-container .*"app"/ },
  { annotation: `scalyr-parser: '[{"container": "app", "praser": "x"}]'`, finds: /unknown key "praser"/ },
  { annotation: `scalyr-parser: '[{"container": "app"}]'`, finds: /no parser in entry 1/ },
  {
    annotation: `scalyr-redaction-rules: '[{"container": "app", "redaction-rules": [{"match_expression": "("}]}]'`,
    finds: /Python does not take/,
  },
  {
    annotation: `scalyr-sampling-rules: '[{"container": "app", "sampling-rules": [{"match_expression": "x", "sampling_rate": 2}]}]'`,
    finds: /sampling_rate that is not from 0 to 1/,
  },
];

for (const { annotation, finds, rules } of cases) {
  test(`${annotation.slice(0, 80)}${finds ? '' : ' is fine'}`, () => {
    const findings = found(pod(annotation), rules);
    if (!finds) assert.deepEqual(findings, []);
    else
      assert.ok(
        findings.some((one) => finds.test(one)),
        JSON.stringify(findings),
      );
  });
}

const template = (annotation: string) =>
  `{"metadata": {"annotations": {"kubernetes-log-watcher/${annotation}": "x"}}, "spec": {"containers": [{"name": "app"}]}}`;

test('every kind with a template of pods', () => {
  for (const kind of [
    'Deployment',
    'StatefulSet',
    'DaemonSet',
    'Job',
    'ReplicaSet',
    'ReplicationController',
    'Rollout',
  ]) {
    const text = `{"kind": "${kind}", "metadata": {"name": "a"}, "spec": {"template": ${template('praser')}}}`;
    assert.deepEqual(
      lint('a.json', text, rules).map(({ code, object }) => [code, object.kind]),
      [['unknown-key', kind]],
    );
  }
  const cron = `{"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": ${template('praser')}}}}}`;
  assert.equal(found(cron).length, 1);
  assert.equal(found(`{"kind": "PodTemplate", "template": ${template('praser')}}`).length, 1);
});

test('documents, lists, and what is neither pod nor workload', () => {
  const list = `kind: List\nitems:\n  - ${template('praser').replace('{', '{"kind": "Pod", ')}\n`;
  const text = `# nothing\n---\nkind: Service\nmetadata: {name: a}\n---\n${list}---\n${pod('praser: x')}`;
  const findings = lint('a.yaml', text, rules);
  assert.deepEqual(
    findings.map(({ document, line, object }) => [document, line, object.kind, object.name]),
    [
      [2, 8, 'Pod', ''],
      [3, 16, 'Pod', 'shop'],
    ],
  );
  assert.deepEqual(found(''), []);
  assert.deepEqual(found('just text'), []);
});

test('an annotation on the workload itself, and one of nearly our name', () => {
  const workload = `kind: Deployment\nmetadata:\n  annotations:\n    kubernetes-log-watcher/parser: x\nspec:\n  template: ${template('parser')}\n`;
  assert.match(found(workload).join(), /^4 misplaced .*on the Deployment itself/);
  const near = pod('parser: x').replace('kubernetes-log-watcher/', 'kube-log-watcher/');
  assert.match(found(near).join(), /^7 wrong-prefix .*"kubernetes-log-watcher\/parser"/);
  assert.deepEqual(found(pod('parser: x').replace('kubernetes-log-watcher/', 'prometheus.io/')), []);
});

test("a namespace's annotations", () => {
  const namespace = (annotation: string) =>
    `kind: Namespace\nmetadata:\n  name: store\n  annotations:\n    kubernetes-log-watcher/${annotation}\n`;
  assert.deepEqual(found(namespace('parser: x')), []);
  assert.match(found(namespace('praser: x')).join(), /^5 unknown-key/);
  assert.match(found(namespace('app.parser: x')).join(), /^5 unknown-container/);
});

test('anchors, merged mappings and text over several lines', () => {
  const text = `x: &x
  kubernetes-log-watcher/praser: x
kind: Pod
metadata:
  annotations:
    <<: *x
    kubernetes-log-watcher/redaction: |
      [{"match": "x"},
       {"match": "("}]
spec: {containers: [{name: app}]}
`;
  assert.match(found(text).join('\n'), /^2 unknown-key [^\n]*\n7 invalid-value .*rule 2/);
});

test('what is no YAML is told with its line', () => {
  assert.throws(() => lint('a.yaml', 'kind: [Pod\nmetadata: }', rules), /line 2/);
  assert.throws(() => lint('a.yaml', '{{- if .Values.x }}\nkind: Pod\n', rules), /line/);
});
