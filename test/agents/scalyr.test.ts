import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { isPythonPattern } from '../../src/agent/python.ts';
import { checkSamplingRules } from '../../agents/scalyr/sampling.ts';
import type { Target } from '../../src/agent/target.ts';
import { makeTarget, node } from '../support/targets.ts';
import { actualFiles } from './golden.ts';
import { hostileTargets, hostileText, runs } from './hostile.ts';
import { contentOf, oneAgent, render } from './render.ts';

const scalyr = await oneAgent('scalyr');
const prefix = 'kubernetes-log-watcher/scalyr-';
const jwt = {
  match_expression: 'eyJ[a-zA-Z0-9/+_=-]{5,}\\.eyJ[a-zA-Z0-9/+_=-]{5,}\\.[a-zA-Z0-9/+_=-]{5,}',
  replacement: '+++JWT_TOKEN_REDACTED+++',
};

interface Entry {
  path: string;
  sampling_rules?: unknown[];
  redaction_rules: unknown[];
  parse_lines_as_json?: boolean;
  parse_format?: string;
  attributes: Record<string, string>;
}

interface Config {
  api_key: string;
  server_attributes: Record<string, string>;
  logs: Entry[];
  monitors: Record<string, unknown>[];
}

function configOf(targets: readonly Target[], options = {}, on = node) {
  const { outputs, reports } = render(scalyr, targets, options, on);
  return { config: JSON.parse(contentOf(outputs, 'agent.json')) as Config, outputs, reports };
}

function entryOf(annotations: Record<string, unknown>, options = {}, more = {}) {
  const texts = Object.entries(annotations).map(([name, value]) => [
    prefix + name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  const { config, reports } = configOf(
    [makeTarget({ annotations: Object.fromEntries(texts) as Record<string, string>, ...more })],
    options,
  );
  return { entry: config.logs[0] ?? assert.fail(), reports };
}

test('keeps the content that Scalyr users have', async () => {
  const files = await actualFiles('scalyr/docker');
  const config = JSON.parse(files.get('expected/etc/scalyr-agent-2/agent.json') ?? '') as Config;
  const id = '1bcd465aaa03ba3a41b657f64275ad1ba7474214ca6176f480cb3503e184a5c9';
  assert.deepEqual(
    config.logs.find(({ path }) => path.includes(id)),
    {
      path: `/mnt/scalyr/${id}/shop-v1.4.2.log`,
      rename_logfile: `?application=shop&component=frontend&version=v1.4.2&container_id=${id}`,
      sampling_rules: [{ match_expression: 'DEBUG|TRACE', sampling_rate: 0.1 }],
      redaction_rules: [{ match_expression: 'card=\\d+', replacement: 'card=<cut>' }, jwt],
      copy_from_start: true,
      attributes: {
        application: 'shop',
        component: 'frontend',
        container: 'nginx',
        container_id: id,
        environment: 'test',
        namespace: 'default',
        parser: 'json-java-parser',
        pod: 'shop-frontend-7d9f8b6c5-abcde',
        release: 'r42',
        version: 'v1.4.2',
      },
    },
  );
  assert.deepEqual(config.server_attributes, {
    cluster: 'kube-cluster-1',
    cluster_alias: 'alias-1',
    cluster_environment: 'production',
    environment: 'production',
    node: 'node-1',
    parser: 'json',
    serverHost: 'kube-cluster-1',
  });
  assert.equal(config.api_key, 'SCALYR-KEY-1');
});

test('leaves out the cluster that is not configured', () => {
  const { config } = configOf([], {}, { name: '', labels: {}, cluster: { id: '', alias: '', environment: '' } });
  assert.deepEqual(config.server_attributes, { cluster_alias: 'none', node: 'unknown', parser: 'json' });
});

test('a broken annotation costs only itself and is reported', () => {
  const broken = {
    parser: ['payment'],
    'sampling-rules':
      '[{"container": "app", "sampling-rules": [{"match_expression": "("}, {"match_expression": "x", "sampling_rate": "0"}]}]',
    'redaction-rules': '{',
  };
  const { entry, reports } = entryOf(broken);
  assert.deepEqual(entry.sampling_rules, [{ match_expression: 'x', sampling_rate: '0' }]);
  assert.deepEqual(entry.redaction_rules, [jwt]);
  assert.equal('parser' in entry.attributes, false);
  assert.deepEqual(reports.toSorted(), [
    `app: annotation ${prefix}parser has an element that is no object`,
    `app: annotation ${prefix}redaction-rules is no valid JSON`,
    `app: annotation ${prefix}sampling-rules has a rule whose match_expression is no regular expression`,
  ]);
});

for (const [value, report] of [
  [[{ container: 'app', parser: 1 }], 'has a parser that is no text'],
  [{ app: 'x' }, 'is no JSON list'],
] as const) {
  test(`parser annotation ${JSON.stringify(value)} ${report}`, () => {
    const { entry, reports } = entryOf({ parser: value });
    assert.equal('parser' in entry.attributes, false);
    assert.deepEqual(reports, [`app: annotation ${prefix}parser ${report}`]);
  });
}

test('the first element for the container wins', () => {
  const list = ['b', 'app', 'app'].map((container, index) => ({ container, parser: `p${index}` }));
  assert.equal(entryOf({ parser: list }).entry.attributes['parser'], 'p1');
});

test('lines are taken out of JSON for the chosen parsers, which may be renamed', () => {
  const parsed = (list: string[], parser: string, format: 'docker' | 'cri' = 'docker') => {
    const { entry } = entryOf({ parser: [{ container: 'app', parser }] }, { 'parse-lines-json': list }, { format });
    return [entry.parse_lines_as_json, entry.parse_format, entry.attributes['parser']];
  };
  assert.deepEqual(parsed([], 'java'), [undefined, undefined, 'java']);
  assert.deepEqual(parsed(['java'], 'java'), [true, undefined, 'java']);
  assert.deepEqual(parsed(['java=bare'], 'java'), [true, undefined, 'bare']);
  assert.deepEqual(parsed(['java=bare'], 'other'), [undefined, undefined, 'other']);
  assert.deepEqual(parsed(['*', 'java=json'], 'java'), [true, undefined, undefined]);
  assert.deepEqual(parsed(['*'], 'other'), [true, undefined, 'other']);
  assert.deepEqual(parsed(['java=bare'], 'java', 'cri'), [undefined, 'cri', 'bare']);
});

test('a sampling rule of the config file replaces the annotation, but only for containers that it names', () => {
  const own = [{ container: 'app', 'sampling-rules': [{ match_expression: 'own' }] }];
  const rule = (container: string, more = {}) => ({
    ...more,
    value: JSON.stringify([{ container, 'sampling-rules': [{ match_expression: 'rule' }] }]),
  });
  const used = (...rules: unknown[]) =>
    entryOf({ 'sampling-rules': own }, { 'sampling-rules': rules }, { labels: { application: 'shop' } }).entry
      .sampling_rules;
  const [ofRule, ofPod] = [[{ match_expression: 'rule' }], [{ match_expression: 'own' }]];
  assert.deepEqual(used(rule('app')), ofRule);
  assert.deepEqual(used(rule('sidecar')), ofPod);
  assert.deepEqual(used(rule('app', { application: 'shop' })), ofRule);
  assert.deepEqual(used(rule('app', { application: 'cart' })), ofPod);
  assert.deepEqual(used(rule('app', { component: 'x' }), rule('app')), ofRule);
  assert.deepEqual(used(rule('app', { probability: 0 })), ofPod);
  assert.deepEqual(used(rule('app', { probability: 1 })), ofRule);
});

test('the share of containers that a rule applies to is about its probability', () => {
  const rules = [{ probability: 0.25, value: [{ container: 'app', 'sampling-rules': [{ match_expression: 'x' }] }] }];
  const targets = Array.from({ length: 1000 }, (_, index) => makeTarget({ id: index.toString(16).padStart(64, '0') }));
  const { config } = configOf(targets, { 'sampling-rules': rules });
  const sampled = config.logs.filter((entry) => entry.sampling_rules).length;
  assert.ok(sampled > 180 && sampled < 320, String(sampled));
});

test('wrong sampling rules are named', () => {
  assert.equal(checkSamplingRules([{ value: '[]' }, { value: [] }]), undefined);
  assert.equal(checkSamplingRules({}), 'has to be a list of rules');
  const wrong = [1, { value: 'x' }, { value: [], probability: 2 }, { value: [], application: 1 }];
  assert.equal(
    checkSamplingRules(wrong),
    'rule 1 is no mapping; rule 2 has no value that is a JSON list, as in the annotation; ' +
      'rule 3 has a probability that is not between 0 and 1; rule 4 has an application that is no text',
  );
});

test("patterns that would make Python's re fail are refused", () => {
  const good = String.raw`
    DEBUG|TRACE card=\d+ (?P<a>x)(?P=a) (?i)x []a] [^]]+ [a[] (x)\1 \.\/ \u00e9 é😀 \\q
    [\w-]+ [a\-\d] [a-z0-9_.-] (?<=ab)c (?:x|y){2,3}? \[\] x{ [\]] x{,3} \Ax\Z`;
  for (const pattern of good.trim().split(/\s+/)) assert.ok(isPythonPattern(pattern), pattern);
  const bad = String.raw`
    ( ) [ * a** a{2,1} \q \c \p{L} [] [^] x\ \1 (x)\2 [\q]
    (?<a>x) (?<=a*)b [z-a] [\d-z] [+-\d] x(?i) (?P<a (?z) {,} \Z+`;
  for (const pattern of bad.trim().split(/\s+/)) assert.ok(!isPythonPattern(pattern), pattern);
});

test('nothing in agent.d is read through a link, and every file there is private', () => {
  const { outputs, config } = configOf([makeTarget({ log: '/var/log/pods/a[1]*?/0.log' })], { layout: 'agent.d' });
  assert.deepEqual(config.logs, []);
  assert.ok(outputs.every((output) => output.kind === 'file' && output.mode === 0o600));
  const fragment = JSON.parse(contentOf(outputs, 'a5c9.json')) as { logs: Entry[] };
  assert.equal(fragment.logs[0]?.path, '/var/log/pods/a[[]1][*][?]/0.log');
  assert.deepEqual(Object.keys(fragment), ['logs']);
});

test('the key survives whatever it is made of', () => {
  fc.assert(
    fc.property(hostileText, (key) => {
      fc.pre(key !== '');
      assert.equal(configOf([], { 'api-key-file': key }).config.api_key, key.toWellFormed());
    }),
    { numRuns: 50 },
  );
});

test('attributes are what the pod says, whatever it says', () => {
  fc.assert(
    fc.property(hostileTargets, (targets) => {
      const { config } = configOf(targets);
      assert.equal(config.logs.length, targets.length);
      for (const [index, target] of targets.entries()) {
        const { attributes, path } = config.logs[index] ?? assert.fail();
        const expected = {
          application: target.application,
          component: target.component,
          container: target.container.name,
          container_id: target.container.id,
          environment: target.environment === 'production' ? '' : target.environment,
          namespace: target.pod.namespace,
          pod: target.pod.name,
          release: target.release,
          version: target.version,
        };
        for (const [name, value] of Object.entries(expected))
          assert.equal(attributes[name] ?? '', value.toWellFormed(), name);
        assert.match(path, /^\/out\/scalyr\/dest-path\/id-\d+\/[^/*?[\p{Cc}]+\.log$/u);
      }
    }),
    { numRuns: runs },
  );
});
