import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parse } from 'yaml';
import type { Output } from '../../src/agent/agent.ts';
import { makeOptions, makeTarget, makeTargets, type TargetInput } from '../support/targets.ts';
import { hostileTargets, hostileText, runs } from './hostile.ts';
import { oneAgent, render } from './render.ts';

const collector = await oneAgent('otel-collector');
const path = '/shared/otel/containers.yaml';

interface Receiver {
  include: string[];
  exclude: string[];
  start_at: string;
  include_file_path: boolean;
  storage?: string;
  resource: Record<string, string>;
  operators: { type: string; [setting: string]: unknown }[];
}

interface Config {
  receivers: Record<string, Receiver>;
  service: { pipelines: Record<string, { receivers: string[] }> };
}

/** What the collector makes of a text: `$$` is a dollar, any other dollar would begin something. */
function expanded(text: string): string {
  return text.replace(/\$(.?)/gs, (_all, next: string) => {
    assert.equal(next, '$', JSON.stringify(text));
    return next;
  });
}

function configOf(outputs: readonly Output[]): Config {
  assert.equal(outputs.length, 1);
  const [file] = outputs;
  assert.ok(file?.kind === 'file' && file.path === path);
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return expanded(value);
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [expanded(key), walk(part)]));
  };
  return walk(parse(file.content)) as Config;
}

const config = (targets: Parameters<typeof render>[1], options = {}) =>
  configOf(render(collector, targets, { 'config-path': path, ...options }).outputs);

function one(input: TargetInput = {}, options = {}): Receiver {
  const [receiver] = Object.values(config([makeTarget(input)], options).receivers);
  return receiver ?? assert.fail();
}

test('the pipeline names exactly the receivers of the same file, since lists are replaced', () => {
  for (const count of [0, 1, 20]) {
    const { receivers, service } = config(makeTargets(count));
    assert.deepEqual(Object.keys(service.pipelines), ['logs/containers']);
    assert.deepEqual(service.pipelines['logs/containers']?.receivers, Object.keys(receivers));
  }
  assert.deepEqual(Object.keys(config([], { pipeline: 'logs' }).service.pipelines), ['logs']);
});

test('without a container there is a receiver of nothing, since a pipeline needs one', () => {
  assert.deepEqual(config([]).receivers, { 'filelog/none': { include: ['/nonexistent/kube-log-watcher.log'] } });
});

test('nothing else of the configuration is touched', () => {
  const { outputs } = render(collector, makeTargets(2), { 'config-path': path });
  const top = configOf(outputs);
  assert.deepEqual(Object.keys(top), ['receivers', 'service']);
  assert.deepEqual(Object.keys(top.service), ['pipelines']);
});

test('the static configuration has the pipeline and the extensions', async () => {
  const text = await readFile(join(import.meta.dirname, '../../manifests/otel-collector/collector.yaml'), 'utf8');
  const own = parse(text) as { service: Config['service'] & { extensions: string[] } };
  const made = config(makeTargets(1));
  assert.deepEqual(Object.keys(own.service.pipelines), Object.keys(made.service.pipelines));
  for (const pipeline of Object.values(own.service.pipelines)) assert.equal(pipeline.receivers, undefined);
  for (const { storage } of Object.values(made.receivers)) assert.ok(own.service.extensions.includes(storage ?? ''));
});

test('reads from the beginning, rotated siblings too but for compressed ones, and keeps its place', () => {
  const receiver = one({ log: '/logs/a/0.log' });
  const { include, exclude, start_at: start, storage } = receiver;
  assert.deepEqual(include, ['/logs/a/0.log*']);
  assert.deepEqual(exclude, ['/logs/a/0.log*.gz', '/logs/a/0.log*.tmp']);
  assert.deepEqual([start, storage], ['beginning', 'file_storage']);
  assert.equal(receiver.include_file_path, true);
  assert.equal('storage' in one({}, { storage: '' }), false);
});

test('the path is no pattern', () => {
  assert.deepEqual(one({ log: '/a*b?c[d]{e}\\f' }).include, ['/a\\*b\\?c\\[d\\]\\{e\\}\\\\f*']);
});

test('the type of the receivers is told', () => {
  assert.deepEqual(Object.keys(config([makeTarget({ id: 'a' })]).receivers), ['filelog/a']);
  assert.deepEqual(Object.keys(config([makeTarget({ id: 'a' })], { receiver: 'file_log' }).receivers), ['file_log/a']);
});

test("attributes have OpenTelemetry's names, and their own where it has none", () => {
  const { resource } = one(
    {
      format: 'cri',
      labels: { application: 'shop', version: 'v1', component: 'web', 'app.kubernetes.io/name': 'x' },
      owner: { kind: 'ReplicaSet', name: 'shop-1' },
      hints: { tenant: 'blue', attributes: { team: 'red' } },
    },
    { labels: ['app.kubernetes.io/name'] },
  );
  assert.deepEqual(resource, {
    'service.name': 'shop',
    'service.version': 'v1',
    component: 'web',
    'deployment.environment.name': 'production',
    'k8s.namespace.name': 'default',
    'k8s.pod.name': 'web-1',
    'k8s.pod.uid': '6f1b0f0a-0000-4000-8000-000000000001',
    'k8s.container.name': 'app',
    'k8s.container.restart_count': '0',
    'container.id': '1bcd465aaa03ba3a41b657f64275ad1ba7474214ca6176f480cb3503e184a5c9',
    'container.image.name': 'registry.example.org/team/shop',
    'container.image.tag': '1.0.3',
    'k8s.replicaset.name': 'shop-1',
    owner_kind: 'ReplicaSet',
    owner_name: 'shop-1',
    'k8s.node.name': 'node-1',
    'k8s.cluster.name': 'kube-cluster-1',
    app_kubernetes_io_name: 'x',
    team: 'red',
    tenant: 'blue',
  });
  const { resource: other } = one({ owner: { kind: 'Rollout', name: 'r' } });
  assert.deepEqual([other['owner_kind'], other['k8s.rollout.name']], ['Rollout', undefined]);
});

test('the container operator takes the lines apart and nothing from the path', () => {
  const operator = { type: 'container', add_metadata_from_filepath: false };
  assert.deepEqual(one({ format: 'cri' }).operators, [operator]);
  assert.deepEqual(one({ format: 'docker' }).operators[0], { ...operator, format: 'docker' });
});

test("the parts of Docker's long lines are joined until one ends with a newline, which goes", () => {
  const [, join, trim, ...none] = one({ format: 'docker' }).operators;
  assert.deepEqual(
    [join?.type, join?.['is_last_entry'], join?.['combine_with']],
    ['recombine', 'body endsWith "\\n"', ''],
  );
  assert.deepEqual(trim, { type: 'regex_replace', field: 'body', regex: '\\n$', replace_with: '' });
  assert.deepEqual(none, []);
});

test('hints become operators behind it, in order', () => {
  const hints = {
    multilineStart: '^\\d "',
    sampling: [{ match: 'DEBUG', rate: 0.1 }, { match: 'ERROR', rate: 1 }, { rate: 0.25 }],
    redaction: [{ match: 'card=\\d+$', replacement: 'cut' }],
    parser: 'json',
  };
  const [, recombine, debug, rest, redact, json, ...none] = one({ format: 'cri', hints }).operators;
  assert.equal(recombine?.['is_first_entry'], String.raw`body matches "^\\d \""`);
  assert.deepEqual([debug?.['expr'], debug?.['drop_ratio']], ['body matches "DEBUG"', 0.9]);
  assert.deepEqual(
    [rest?.['expr'], rest?.['drop_ratio']],
    ['not (body matches "DEBUG") and not (body matches "ERROR")', 0.75],
  );
  assert.deepEqual(redact, { type: 'regex_replace', field: 'body', regex: 'card=\\d+$', replace_with: 'cut' });
  assert.equal(json?.type, 'json_parser');
  assert.deepEqual(none, []);
  const all = one({ format: 'cri', hints: { sampling: [{ rate: 0.5 }] } }).operators[1];
  assert.deepEqual(all, { type: 'filter', expr: 'true', drop_ratio: 0.5 });
});

test('a SIGHUP is sent by name, and confirmed where the health check is told', () => {
  const reload = (given: object) => collector.agent.reload?.(makeOptions(collector.agent, { ...given }));
  const hup = { kind: 'signal', signal: 'SIGHUP', process: 'otelcol-contrib' };
  assert.deepEqual(reload({}), hup);
  const url = 'http://127.0.0.1:13133/';
  assert.deepEqual(reload({ 'health-url': url }), { ...hup, confirm: { url, field: 'upSince' } });
  assert.equal(reload({ process: '' }), undefined);
});

test('each change is checked by the collector itself where it is at hand', () => {
  const check = (given: object) =>
    collector.agent.check?.(makeOptions(collector.agent, { 'config-path': path, ...given }))?.command;
  assert.equal(check({}), undefined);
  assert.deepEqual(check({ program: '/otelcol', 'static-config': '/etc/collector.yaml' }), [
    '/otelcol',
    'validate',
    '--config=/etc/collector.yaml',
    `--config={staged}${path}`,
  ]);
});

test('texts are what the pod says, whatever it says, and are never expanded or evaluated', () => {
  const nasty = fc.oneof(
    hostileText,
    fc
      .array(fc.constantFrom('$', '{', '}', 'env:HOME', 'EXPR', '(', ')', 'EXPR(', '$$', ' ', '"'), { maxLength: 9 })
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(hostileTargets, nasty, (targets, text) => {
      const hints = { tenant: text, attributes: { team: text }, redaction: [{ match: text, replacement: text }] };
      const wild = targets.map((target) => ({ ...target, application: text, hints }));
      const { receivers } = config(wild, { labels: ['*'] });
      assert.deepEqual(
        Object.keys(receivers),
        wild.map(({ id }) => `filelog/${id}`),
      );
      const same = (value: string) => value.toWellFormed().replaceAll('EXPR(', 'EXPR (');
      for (const target of wild) {
        const { resource, operators, include } = receivers[`filelog/${target.id}`] ?? assert.fail();
        assert.deepEqual(include, [`${target.log.path}*`]);
        for (const value of Object.values(resource)) assert.ok(!value.includes('EXPR('), value);
        const expected = { 'service.name': text, tenant: text, 'k8s.pod.name': target.pod.name };
        for (const [name, value] of Object.entries(expected)) assert.equal(resource[name] ?? '', same(value), name);
        assert.deepEqual(operators.at(-1), {
          type: 'regex_replace',
          field: 'body',
          regex: text.toWellFormed(),
          replace_with: text.toWellFormed(),
        });
      }
    }),
    { numRuns: runs },
  );
});
