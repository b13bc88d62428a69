import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { matchesGlob } from 'node:path/posix';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { attributesOf } from '../../src/agent/attributes.ts';
import { formatOf } from '../../src/agent/format.ts';
import type { Target } from '../../src/agent/target.ts';
import { makeOptions, makeTarget, node, type TargetInput } from '../support/targets.ts';
import { readConfig, type Section } from './fluentd-config.ts';
import { hostileTargets, hostileText, runs } from './hostile.ts';
import { contentOf, oneAgent, render } from './render.ts';

const fluentd = await oneAgent('fluentd');
const expands = /\$\{[^}]+\}|__[A-Z_]+__/;
const { escape } = formatOf('x.fluentd.hbs');

/** All sections with their ways: `label/filter`. */
function sectionsOf({ sections }: Section, way = ''): [string, Section][] {
  return sections.flatMap((section) => [
    [way + section.name, section],
    ...sectionsOf(section, `${way}${section.name}/`),
  ]);
}

function configOf(target: Target, options = {}) {
  const text = contentOf(render(fluentd, [target], options).outputs, `container-${target.id}.conf`);
  const sections = sectionsOf(readConfig(text));
  const of = (way: string) => sections.flatMap(([name, section]) => (name === way ? [section] : []));
  const [source, ...more] = of('source');
  const [record, ...others] = of('label/filter/record');
  assert.ok(source && record && more.length + others.length === 0);
  const attributes = JSON.parse(record.values['k8s'] ?? '') as Record<string, string>;
  return { text, source: source.values, filters: of('label/filter'), labels: of('label'), record, attributes, of };
}

const one = (input: TargetInput = {}, options = {}) => configOf(makeTarget({ id: 'a', ...input }), options);

test('single quotes take a text as it is; nothing in them runs', () => {
  assert.equal(escape('a\'b\\c "#{1}" # d'), "'a\\'b\\\\c \"#{1}\" # d'");
});

test('only a text with a line end stands in double quotes, in which no Ruby is left to run', () => {
  assert.equal(escape('a\n#{`id`}"\\'), '"a\\n\\#{`id`}\\"\\\\"');
});

test('no text is left that record_transformer expands, whatever the quotes', () => {
  const texts = [
    '${tag}',
    '${record["x"]}',
    '__TAG__',
    '_____',
    'a___TAG____X__b',
    '$${x}',
    '__A__B__',
    '\n__TAG__${hostname}',
  ];
  for (const text of texts) {
    assert.doesNotMatch(escape(text), expands);
    assert.equal(escape(text).replaceAll(' ', ''), escape(`x${text}`).replace('x', '').replaceAll(' ', ''));
  }
  for (const text of ['__tag__', '_A_', '__A', '$x', '{y}']) assert.equal(escape(text), `'${text}'`);
});

test('attributes are one JSON text: by itself, a value that begins as JSON would become a structure', () => {
  const { attributes } = one({ labels: { application: '{"a":1}', version: '["x"]' } });
  assert.deepEqual([attributes['application'], attributes['version']], ['{"a":1}', '["x"]']);
});

test('Ruby is never enabled', () => {
  assert.doesNotMatch(one({ labels: { application: 'enable_ruby true' } }).text, /^\s*enable_ruby/m);
});

test('a log is read from its head: what was written before the reload would be lost', () => {
  assert.equal(one().source['read_from_head'], 'true');
});

test('a path that appears later is looked for every 5 seconds, not every 60', () => {
  assert.equal(one().source['refresh_interval'], '5');
});

test('follow_inodes makes a pattern over rotated siblings safe; compressed ones are left out', () => {
  for (const format of ['docker', 'cri'] as const) {
    const { source } = one({ format });
    assert.equal(source['follow_inodes'], 'true');
    const file = makeTarget({ format, id: 'a' }).log.path;
    const excluded = JSON.parse(source['exclude_path'] ?? '') as string[];
    const read = (end: string) =>
      matchesGlob(file + end, source['path'] ?? '') && !excluded.some((pattern) => matchesGlob(file + end, pattern));
    for (const end of ['', '.1', '.20260102-030405']) assert.ok(read(end), end);
    for (const end of ['.20260102-030405.gz', '.20260102-030405.tmp']) assert.ok(!read(end), end);
  }
});

test('a path is no pattern, no list and no date', () => {
  assert.equal(one({ log: '/a*b?c[d],e{f}%Y/__X__' }).source['path'], '/a\\*b\\?c\\[d\\]?e\\{f\\}%%Y/?_X?_*');
  assert.equal(one({ log: '/a\nb' }).source['path'], '/a\nb*');
});

test('every source has a pos_file of its own', () => {
  const files = ['a', 'b'].map((id) => one({ id }, { 'pos-path': '/state/' }).source['pos_file']);
  assert.deepEqual(files, ['/state/a.pos', '/state/b.pos']);
});

test('tag, id and labels come from the id alone', () => {
  const { source, labels } = one({ id: 'a b*__X__', pod: 'x*', namespace: '*', container: '*' });
  assert.deepEqual([source['tag'], source['@id']], ['container.a-b--_X-_', 'container-a-b--_X-_']);
  assert.deepEqual(
    labels.map(({ argument }) => argument),
    ['@container-a-b--_X-_'],
  );
});

test('the lines of the runtime are taken apart, and one that is none of its lines is sent as it is', () => {
  const { source, of } = one({ format: 'cri' });
  assert.equal(source['emit_unmatched_lines'], 'true');
  const { expression = '' } = of('source/parse')[0]?.values ?? {};
  const { groups } = new RegExp(expression.slice(1, -1)).exec('2026-01-02T03:04:05.6Z stderr P  a b ') ?? {};
  assert.deepEqual({ ...groups }, { time: '2026-01-02T03:04:05.6Z', stream: 'stderr', logtag: 'P', log: ' a b ' });
  assert.equal(one({ format: 'docker' }).of('source/parse')[0]?.values['@type'], 'json');
});

test('a line goes from label to label, and each of them is there', () => {
  for (const concat of [false, true]) {
    const { source, labels, of } = one({ hints: { multilineStart: '^x', parser: 'json' } }, { concat });
    const steps = of('label/match').map(({ values }) => values['@label']);
    assert.deepEqual(
      labels.map(({ argument }) => argument),
      [source['@label'], ...steps.slice(0, -1)],
    );
    assert.equal(steps.at(-1), '@CONTAINERS');
  }
});

test('without fluent-plugin-concat nothing names it: an unknown plugin fails each reload', () => {
  const hints = { multilineStart: '^x' };
  assert.doesNotMatch(one({ hints }).text, /concat/);
  const { reports } = render(fluentd, [makeTarget({ hints })]);
  assert.match(reports.join('\n'), /multiline-start .*--fluentd-concat/);
});

test('parts of a line are joined, then lines by the hint; what waited too long keeps its attributes', () => {
  const hints = { multilineStart: '^\\d+ \\__A__|[${]' };
  for (const [format, separator] of [
    ['docker', ''],
    ['cri', '\n'],
  ] as const) {
    const { filters, labels } = one({ format, hints }, { concat: true });
    const [parts, lines, ...rest] = filters.map(({ values }) => values);
    assert.equal(parts?.['separator'], '');
    assert.equal(
      format === 'cri' ? parts?.['partial_value'] : parts?.['multiline_end_regexp'],
      format === 'cri' ? 'P' : '/\\n\\z/',
    );
    assert.equal(lines?.['separator'], separator);
    const start = new RegExp((lines?.['multiline_start_regexp'] ?? '').slice(1, -1));
    for (const line of ['1 __A__', 'x{', '$']) assert.ok(start.test(line), line);
    assert.ok(!start.test('1 _ _A_ _'));
    for (const values of [parts, lines]) assert.equal(values?.['timeout_label'], labels.at(-1)?.argument);
    assert.deepEqual(
      rest.map((values) => values['@type']),
      ['record_transformer'],
    );
  }
});

test('only a parser that Fluentd has is named, and its fields have a place of their own', () => {
  const parser = (options: object) => one({ hints: { parser: 'klog' } }, options);
  assert.equal(parser({}).attributes['parser'], 'klog');
  assert.deepEqual(parser({}).of('label/filter/parse'), []);
  const { of, filters } = parser({ parsers: ['klog'] });
  assert.equal(of('label/filter/parse')[0]?.values['@type'], 'klog');
  assert.deepEqual(
    filters.map(({ values }) => values['@type']),
    ['parser', 'record_transformer'],
  );
  assert.deepEqual([filters[0]?.values['hash_value_field'], filters[0]?.values['reserve_data']], ['klog', 'true']);
});

test('the reload is the one that keeps the old configuration and the process', () => {
  const { agent } = fluentd;
  const reload = (given = {}) => agent.reload?.(makeOptions(agent, given));
  const url = 'http://127.0.0.1:24444/api/config.gracefulReload';
  assert.deepEqual(reload(), { kind: 'http', method: 'GET', url, expect: { field: 'ok', is: true } });
  assert.equal(reload({ 'reload-url': '' }), undefined);
});

test('Fluentd itself checks the files before they are written, if the watcher can run it', () => {
  const { agent } = fluentd;
  const given = { program: '/bin/fluentd', 'dest-path': '/out', label: '@OWN' };
  const check = agent.check?.(makeOptions(agent, given));
  assert.deepEqual(check?.command, ['/bin/fluentd', '--dry-run', '-c', '{staged}/out/check.include']);
  const text = contentOf(render(fluentd, [], given).outputs, '/check.include');
  assert.match(text, /^@include \*\.conf$/m);
  assert.match(text, /^<label '@OWN'>$/m);
  assert.equal(agent.check?.(makeOptions(agent, {})), undefined);
  assert.deepEqual(render(fluentd, []).outputs, []);
});

test("Fluentd's own configuration has the directory, the label and the address of the defaults", async () => {
  const text = await readFile(join(import.meta.dirname, '../../manifests/fluentd/fluent.conf'), 'utf8');
  assert.match(text, /^@include \/shared\/fluentd\/\*\.conf$/m);
  assert.match(text, /^<label @CONTAINERS>$/m);
  assert.match(text, /rpc_endpoint 127\.0\.0\.1:24444/);
});

test('attributes are what the pod says, but for spaces in what would be expanded', () => {
  const broken = (text: string) =>
    text
      .toWellFormed()
      .replaceAll('${', '$ {')
      .replace(/__[A-Z_]+__/g, (token) => token.replace(/_(?=_)/g, '_ '));
  fc.assert(
    fc.property(hostileTargets, hostileText, (targets, text) => {
      const hints = { parser: 'json', tenant: 'team', attributes: { team: `__TAG__${text}` } };
      for (const target of targets.map((target) => ({ ...target, hints }))) {
        const { attributes, record, source } = configOf(target, { labels: ['*'], concat: true });
        assert.doesNotMatch(record.values['k8s'] ?? '', expands);
        const expected = { ...attributesOf(target, node, ['*']), parser: 'json', tenant: 'team' };
        const written = Object.entries(expected).map(([name, value]) => [broken(name), broken(value)]);
        assert.deepEqual(attributes, Object.fromEntries(written));
        assert.deepEqual([source['path'], source['tag']], [`${target.log.path}*`, `container.${target.id}`]);
      }
    }),
    { numRuns: runs },
  );
});
