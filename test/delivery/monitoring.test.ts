import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { createServeMetrics } from '../../src/serve/metrics.ts';
import { createShipMetrics } from '../../src/ship/metrics.ts';
import { createMetrics } from '../../src/system/metrics.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'manifests/monitoring');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

interface Rule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string; description: string };
}
interface Tests {
  tests: { alert_rule_test: { alertname: string; exp_alerts: object[] }[] }[];
}
interface Panel {
  title: string;
  type: string;
  targets?: { expr: string }[];
}

const groups = (parse(read('manifests/monitoring/alerts.yaml')) as { groups: { rules: Rule[] }[] }).groups;
const alerts = groups.flatMap(({ rules }) => rules);
const { panels } = JSON.parse(read('manifests/monitoring/dashboard.json')) as { panels: Panel[] };
const expressions = [
  ...alerts.map(({ expr }) => expr),
  ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
];

/** Every series' name with the labels that it may have. */
async function known(): Promise<Map<string, Set<string>>> {
  const names = new Map<string, Set<string>>();
  for (const { registry } of [createMetrics(), createShipMetrics(), createServeMetrics()]) {
    for (const { name, type } of await registry.getMetricsAsJSON()) {
      const { labelNames = [] } = registry.getSingleMetric(name) as unknown as { labelNames?: string[] };
      const labels = new Set([...labelNames, 'instance']);
      names.set(name, labels);
      if (String(type) !== 'histogram') continue;
      for (const ending of ['_bucket', '_sum', '_count']) names.set(name + ending, new Set([...labels, 'le']));
    }
  }
  return names;
}

test('alerts and dashboard ask for metrics and labels that there are', async () => {
  const metrics = await known();
  for (const expr of expressions) {
    const asked = [...expr.matchAll(/\b(logwatch_\w+)(?:\{([^}]*)\})?/g)];
    assert.ok(asked.length > 0, expr);
    for (const [, name = '', labels = ''] of asked) {
      assert.ok(metrics.has(name), `${name} is no metric: ${expr}`);
      for (const [, label = ''] of labels.matchAll(/(\w+)\s*[=!]/g))
        assert.ok(metrics.get(name)?.has(label), `${name} has no label ${label}`);
    }
    for (const [, by = ''] of expr.matchAll(/by \(([^)]*)\)/g)) {
      const all = new Set(asked.flatMap(([, name = '']) => [...(metrics.get(name) ?? [])]));
      for (const label of by.split(', ')) assert.ok(all.has(label), `nothing has a label ${label}: ${expr}`);
    }
  }
});

test('each alert tells what it is, and has an entry in the runbook and a test that it fires and one that it does not', () => {
  const headings = [...read('docs/runbook.md').matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
  assert.deepEqual(
    headings,
    alerts.map(({ alert }) => alert),
  );
  const { tests } = parse(read('manifests/monitoring/alerts.test.yaml')) as Tests;
  for (const { alert, labels, annotations } of alerts) {
    assert.match(labels.severity, /^(critical|warning|info)$/);
    assert.ok(annotations.summary && annotations.description, alert);
    const of = tests.flatMap((one) => one.alert_rule_test).filter(({ alertname }) => alertname === alert);
    assert.deepEqual(
      of.map(({ exp_alerts }) => exp_alerts.length > 0),
      [true, false],
      alert,
    );
  }
});

test('each panel of the dashboard has a place of its own', () => {
  const titles = panels.map(({ title }) => title);
  assert.equal(new Set(titles).size, titles.length);
  assert.equal(
    new Set(panels.map((panel) => JSON.stringify((panel as unknown as { gridPos: object }).gridPos))).size,
    titles.length,
  );
});

const promtool = spawnSync('promtool', ['--version']).status === 0 ? false : 'there is no promtool here';

test('promtool agrees with the rules and their tests', { skip: promtool }, () => {
  execFileSync('promtool', ['check', 'rules', join(folder, 'alerts.yaml')]);
  execFileSync('promtool', ['test', 'rules', join(folder, 'alerts.test.yaml')]);
});
