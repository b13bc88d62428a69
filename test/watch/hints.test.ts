import assert from 'node:assert/strict';
import { test } from 'node:test';
import { options } from '../../src/config/options.ts';
import { noHints, readHints, type HintRules, type HintSubject } from '../../src/watch/hints.ts';
import { compilePolicy } from '../../src/watch/hints/policy.ts';
import { compileTenants } from '../../src/watch/hints/tenants.ts';
import { keys } from '../../src/watch/hints/values.ts';

const rules: HintRules = { ...noHints, allowed: new Set(keys) };
const ours = (annotations: Record<string, string>) =>
  Object.fromEntries(Object.entries(annotations).map(([name, value]) => [`kubernetes-log-watcher/${name}`, value]));

function read(annotations: Record<string, string>, more: Partial<HintSubject> = {}, changed: Partial<HintRules> = {}) {
  const ordinary = { namespace: 'shop', labels: { app: 'web' }, container: 'app', containers: ['app', 'proxy'] };
  const subject = { ...ordinary, namespaceAnnotations: {}, ...more, annotations: ours(annotations) };
  return readHints(subject, { ...rules, ...changed });
}
const codes = (
  annotations: Record<string, string>,
  more: Partial<HintSubject> = {},
  changed: Partial<HintRules> = {},
) => read(annotations, more, changed).problems.map(({ code, annotation }) => `${code} ${annotation.split('/')[1]}`);

test('every hint is understood', () => {
  const { hints, problems, from } = read({
    parser: 'accessLog',
    'multiline-start': String.raw`^\d{4}-\d{2}`,
    sampling: '[{"match": "DEBUG", "rate": 0.1}, {"rate": 1}]',
    redaction: '[{"match": "card=[0-9]+"}, {"match": "a", "replacement": "b"}]',
    attributes: '{"team": "blue", "tier": ""}',
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(hints, {
    parser: 'accessLog',
    multilineStart: String.raw`^\d{4}-\d{2}`,
    sampling: [{ match: 'DEBUG', rate: 0.1 }, { rate: 1 }],
    redaction: [
      { match: 'card=[0-9]+', replacement: '***' },
      { match: 'a', replacement: 'b' },
    ],
    attributes: { team: 'blue', tier: '' },
  });
  assert.equal(from.parser, 'pod');
  assert.deepEqual(read({ sampling: ' 0.25 ' }).hints.sampling, [{ rate: 0.25 }]);
});

test('the option knows every key', () => {
  assert.deepEqual(options.hints.default, [...keys]);
});

test('without annotations there is nothing', () => {
  assert.deepEqual(read({}), { hints: { attributes: {} }, from: {}, problems: [] });
});

test('the container beats the pod, the pod the namespace, the namespace the policy; attributes are merged', () => {
  const policy = compilePolicy([
    { hints: { parser: 'policy', attributes: { a: 'policy', b: 'policy', c: 'policy', d: 'policy' } } },
  ]);
  const namespaceAnnotations = ours({
    parser: 'namespace',
    attributes: '{"b": "namespace", "c": "namespace", "d": "namespace"}',
  });
  const pod = { parser: 'pod', attributes: '{"c": "pod", "d": "pod"}' };
  const container = { 'app.parser': 'container', 'app.attributes': '{"d": "container"}' };
  const parser = (annotations: Record<string, string>, more: Partial<HintSubject> = {}) => {
    const { hints, from } = read(annotations, more, { policy });
    return [hints.parser, from.parser];
  };
  assert.deepEqual(parser({ ...pod, ...container }, { namespaceAnnotations }), ['container', 'container']);
  assert.deepEqual(parser({ ...pod, ...container }, { namespaceAnnotations, container: 'proxy' }), ['pod', 'pod']);
  assert.deepEqual(parser({}, { namespaceAnnotations }), ['namespace', 'namespace']);
  assert.deepEqual(parser({}), ['policy', 'policy']);
  assert.deepEqual(read({ ...pod, ...container }, { namespaceAnnotations }, { policy }).hints.attributes, {
    a: 'policy',
    b: 'namespace',
    c: 'pod',
    d: 'container',
  });
});

test('include and exclude: the strongest that says anything decides', () => {
  const shipped = (annotations: Record<string, string>, more: Partial<HintSubject> = {}) =>
    read(annotations, more).shipped?.wanted;
  assert.equal(shipped({}), undefined);
  assert.equal(shipped({ exclude: 'true' }), false);
  assert.equal(shipped({ include: 'false' }), false);
  assert.equal(shipped({ include: 'true' }), true);
  assert.equal(shipped({ include: 'true', exclude: 'true' }), false);
  assert.equal(shipped({ exclude: 'true', 'app.include': 'true' }), true);
  assert.equal(shipped({ exclude: 'true', 'app.exclude': 'false' }), undefined);
  assert.equal(shipped({ include: 'true', 'app.exclude': 'false' }), true);
  assert.equal(shipped({ include: 'true', 'app.exclude': 'true' }), false);
  assert.equal(shipped({ 'proxy.exclude': 'true' }), undefined);
  assert.equal(shipped({ include: 'true' }, { namespaceAnnotations: ours({ exclude: 'true' }) }), true);
});

test('one bad hint costs nothing but itself', () => {
  const { hints, problems } = read({
    parser: 'accessLog',
    'multiline-strat': '^a',
    'multiline-start': '(?=a)',
    sampling: '2',
    redaction: '[{"match": "("}, {"match": "secret"}, 3]',
    attributes: '{"team": "blue", "pod": "x", "bad-name": "x", "n": 1}',
    'ap.parser': 'x',
    'proxy.parser': '?',
  });
  assert.deepEqual(hints, {
    parser: 'accessLog',
    redaction: [{ match: 'secret', replacement: '***' }],
    attributes: { team: 'blue' },
  });
  assert.deepEqual(
    problems.map(({ code, annotation }) => `${code} ${annotation.split('/')[1]}`),
    [
      'unknown-container ap.parser',
      'invalid-value attributes',
      'invalid-value attributes',
      'invalid-value attributes',
      'invalid-value multiline-start',
      'unknown-key multiline-strat',
      'invalid-value redaction',
      'invalid-value redaction',
      'invalid-value sampling',
    ],
  );
});

test('a bad value of a stronger one leaves the weaker one in force', () => {
  assert.equal(read({ parser: 'good', 'app.parser': '' }).hints.parser, 'good');
  const redaction = '[{"match": "a"}]';
  assert.equal(read({ redaction, 'app.redaction': '[{"match": "("}]' }).hints.redaction?.length, 1);
});

test('only allowed keys, and the scalyr annotations are none of ours', () => {
  const changed = { allowed: new Set(['exclude']) };
  assert.deepEqual(codes({ parser: 'x', exclude: 'true', 'scalyr-parser': 'anything' }, {}, changed), [
    'not-allowed parser',
  ]);
  assert.equal(read({ parser: 'x' }, {}, changed).hints.parser, undefined);
  assert.deepEqual(codes({ parser: 'x' }, {}, { allowed: new Set() }), ['not-allowed parser']);
});

test('a pod chooses among the tenants of its namespace, and never another', () => {
  const tenants = compileTenants({ shop: ['blue', 'green'], 'sh*': ['red'], '*': 'rest' });
  const tenant = (annotations: Record<string, string>, namespace = 'shop') => {
    const { hints, problems } = read(annotations, { namespace }, { tenants });
    return [hints.tenant, ...problems.map(({ code }) => code)];
  };
  assert.deepEqual(tenant({}), ['blue']);
  assert.deepEqual(tenant({ tenant: 'green' }), ['green']);
  assert.deepEqual(tenant({ tenant: 'red' }), ['blue', 'tenant-not-allowed']);
  assert.deepEqual(tenant({ tenant: 'green', 'app.tenant': 'rest' }), ['green', 'tenant-not-allowed']);
  assert.deepEqual(tenant({ tenant: '__proto__' }), ['blue', 'tenant-not-allowed']);
  assert.deepEqual(tenant({}, 'shelf'), ['red']);
  assert.deepEqual(tenant({ tenant: 'blue' }, 'other'), ['rest', 'tenant-not-allowed']);
  const none = read({ tenant: 'blue' }, {}, { tenants: compileTenants(undefined) });
  assert.deepEqual([none.hints.tenant, none.problems[0]?.code], [undefined, 'tenant-not-allowed']);
});

test('what may have been meant is told', () => {
  const detail = (name: string) => read({ [name]: 'x' }).problems[0]?.detail ?? '';
  assert.match(detail('multiline-strat'), /did you mean `kubernetes-log-watcher\/multiline-start`/);
  assert.match(detail('app.redacton'), /did you mean `kubernetes-log-watcher\/app.redaction`/);
  assert.match(detail('parser.app'), /did you mean `kubernetes-log-watcher\/app.parser`/);
  assert.match(detail('scalyr-parsers'), /did you mean `kubernetes-log-watcher\/scalyr-parser`/);
  assert.match(detail('app.scalyr-parser'), /stands for the whole pod/);
  assert.match(detail('prox.parser'), /did you mean "proxy"/);
  assert.match(detail('zzzzzzzz.parser'), /there are app, proxy/);
});

test('a pod with ten thousand mistakes has its good hint, and some of them told', () => {
  const mistakes = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`a-mistake-${index}`, 'x']));
  const { hints, problems } = read({ ...mistakes, parser: 'good' });
  assert.equal(hints.parser, 'good');
  assert.equal(problems.length, 50);
});
