import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parse } from 'yaml';
import { compilePath, compileTemplate, createFill } from '../../src/agent/template.ts';
import { makeTarget, node } from '../support/targets.ts';

const labels = { b: '2', a: '1', 'app.kubernetes.io/name': 'web' };
const context = {
  ...makeTarget({ labels }),
  node,
  options: { dir: '/out/' },
  list: [{ v: 1 }, { v: 2 }],
  nothing: undefined,
};
const fill = (text: string, name = 'x.json.hbs') => compileTemplate(text, name)(context);

test('writes values, blocks and calls', () => {
  assert.equal(fill('{{pod.name}} {{container.restart}} {{node.cluster.id}} {{nothing}}.'), 'web-1 0 kube-cluster-1 .');
  assert.equal(fill('{{#each list}}{{@index}}={{v}}{{#unless @last}},{{/unless}}{{/each}}'), '0=1,1=2');
  assert.equal(
    fill('{{#each list as |item i|}}{{i}}{{item.v}}{{@root.pod.name}}{{../id}} {{/each}}').split(' ').length,
    3,
  );
  assert.equal(
    fill('{{#with pod}}{{name}}{{/with}}{{#if (eq log.format "cri")}}cri{{else if id}}docker{{/if}}'),
    'web-1docker',
  );
  assert.equal(fill('{{or application release "none"}} {{default id "none"}}'), `none ${context.id}`);
  assert.equal(
    fill('{{lower "ABC"}} {{labelname "a.b/c-d"}} {{safe "v1.2/é"}} {{join list2 ","}}'.replace('list2', 'nothing')),
    'abc a_b_c_d v1_2__ ',
  );
  assert.equal(fill('{{json list}} {{json nothing}}'), '[{"v":1},{"v":2}] null');
});

test('labels and annotations that are missing are empty; they come in order', () => {
  assert.equal(
    fill('[{{pod.labels.nope}}{{pod.annotations.[a/b]}}{{lookup pod.labels "x"}}{{#with pod.labels}}{{y}}{{/with}}]'),
    '[]',
  );
  assert.equal(
    fill('{{pod.labels.[app.kubernetes.io/name]}} {{#each pod.labels}}{{@key}}={{this}};{{/each}}'),
    'web a=1;app.kubernetes.io/name=web;b=2;',
  );
  assert.equal(fill('{{pod.labels.constructor}}{{pod.labels.__proto__}}{{pod.labels.toString}}'), '');
});

for (const [text, message] of [
  ['\n\n{{pod.nmae}}', 'x.json.hbs:3: {{pod.nmae}}: "nmae" is not defined'],
  ['{{nope}}', 'x.json.hbs:1: {{nope}}: "nope" is not defined'],
  ['{{#if pod.nope.x}}{{/if}}', 'x.json.hbs:1: {{pod.nope.x}}: "nope" is not defined'],
  ['{{pod.constructor}}', 'x.json.hbs:1: {{pod.constructor}}: "constructor" is not defined'],
  ['{{pod.name.x}}', 'x.json.hbs:1: {{pod.name.x}}: "x" is looked for in what is no mapping'],
  ['{{pod.labels}}', 'x.json.hbs:1: this is no text but a list or a mapping; {{json …}} writes it'],
  ['{{lower pod}}', 'x.json.hbs:1: {{lower}}: this is no text but a list or a mapping; {{json …}} writes it'],
  ['\n{{{id}}}', 'x.json.hbs:2: {{{…}}} and {{&…}} would write a value as it is; use {{…}} or {{json …}}'],
  ['{{& id}}', 'x.json.hbs:1: {{{…}}} and {{&…}} would write a value as it is; use {{…}} or {{json …}}'],
  ['{{~{id}~}}', 'x.json.hbs:1: {{{…}}} and {{&…}} would write a value as it is; use {{…}} or {{json …}}'],
  ['{{> part}}', 'x.json.hbs:1: partials and decorators are not supported'],
  ['{{#pod}}{{/pod}}', 'x.json.hbs:1: {{#pod}}: there are #each, #if, #unless, #with'],
  ['{{#lookup pod "x"}}{{/lookup}}', 'x.json.hbs:1: {{#lookup}}: there are #each, #if, #unless, #with'],
  ['{{log "x"}}', 'x.json.hbs:1: there is no helper "log"'],
  ['{{upper id}}', 'x.json.hbs:1: there is no helper "upper"'],
  ['{{@nope}}', 'x.json.hbs:1: there is no @nope'],
] as const) {
  test(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => fill(text), { message }));
}

test('refuses what it cannot parse or whose format it does not know', () => {
  assert.throws(() => fill('{{#if'), /^Error: x\.json\.hbs: Parse error on line 1/);
  assert.throws(() => fill('', 'x.hbs'), { message: /^x\.hbs: the name has to tell the format, .* json, yaml/ });
  assert.throws(() => fill('', 'x.constructor.hbs'), /known are json/);
});

const anything = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('"', '\\', '\n', '{{x}}', '\u2028', '\u0085', '\ud800', '\ufeff', '\0', '😀'),
);

test('a value between double quotes is that value to JSON, and to YAML in both versions', () => {
  const [json, yaml] = ['a.json.hbs', 'a.yaml.hbs'].map((name) => compileTemplate('{"a":"{{v}}"}', name)) as [
    Fill1,
    Fill1,
  ];
  const literal = compileTemplate('{"a": {{json v}} }', 'a.yml.hbs');
  fc.assert(
    fc.property(anything, (v) => {
      const expected = { a: v.toWellFormed() };
      assert.deepEqual(JSON.parse(json({ v })), expected);
      for (const text of [yaml({ v }), literal({ v })]) {
        assert.deepEqual(parse(text, { version: '1.1' }), expected);
        assert.deepEqual(parse(text, { version: '1.2' }), expected);
      }
    }),
    { numRuns: 500 },
  );
});

type Fill1 = (context: object) => string;

test('a value is one field of CSV and plain bytes of Lua', () => {
  assert.equal(compileTemplate('"{{v}}"', 'a.csv.hbs')({ v: 'a"b\n,' }), '"a""b\n,"');
  assert.equal(compileTemplate('"{{v}}"', 'a.filebeat.hbs')({ v: '"$${x}' }), '"\\"$$$${x}"');
  assert.equal(compileTemplate('"{{v}}"', 'a.otelcol.hbs')({ v: '"${x} EXPR(1)' }), '"\\"$${x} EXPR (1)"');
  assert.equal(compileTemplate('"{{glob v}}"', 'a.yaml.hbs')({ v: '/a*[b]' }), '"/a\\\\*\\\\[b\\\\]"');
  assert.equal(compileTemplate('{{or hints.parser "none"}}', 'a.yaml.hbs')({ hints: {} }), 'none');
  assert.equal(compileTemplate('"{{v}}"', 'a.lua.hbs')({ v: 'a"\n${é' }), '"a\\034\\010\\036\\123\\195\\169"');
});

test('what YAML calls a line break or not printable is escaped', () => {
  const text = compileTemplate('"{{v}}"', 'a.yaml.hbs')({ v: '\u007f\u0085\u2028\u2029\ufeff\uffff' });
  assert.equal(text, String.raw`"\u007f\u0085\u2028\u2029\ufeff\uffff"`);
});

test('JSON does not escape what lies beyond the BMP', () => {
  assert.equal(compileTemplate('"{{v}}"', 'a.json.hbs')({ v: '😀' }), '"😀"');
});

test('in a path every value is one safe segment', () => {
  const path = compilePath('{{options.dir}}/{{v}}/a-{{v}}.log', 'x', ['options.dir']);
  assert.equal(path.start, 'options.dir');
  fc.assert(
    fc.property(
      fc.oneof(anything, fc.constantFrom('', '.', '..', '../..', '/', 'x'.repeat(300), 'é'.repeat(300))),
      (v) => {
        const segments = path.render({ options: { dir: '/out//' }, v })?.split('/') ?? [];
        assert.equal(segments.length, 4);
        for (const part of segments.slice(2)) {
          assert.ok(part !== '' && part !== '.' && part !== '..' && !/[\p{Cc}]/u.test(part) && part.isWellFormed());
          assert.ok(Buffer.byteLength(part) <= 220);
        }
      },
    ),
    { numRuns: 300 },
  );
  assert.equal(path.render({ options: { dir: undefined }, v: '' }), undefined);
  assert.equal(path.render({ options: { dir: '/d' }, v: 'app-1.0' }), '/d/app-1.0/a-app-1.0.log');
});

test('long values that differ at their ends stay two', () => {
  const path = compilePath('/{{v}}', 'x', []);
  const [a, b] = ['a', 'b'].map((end) => path.render({ v: 'x'.repeat(1000) + end }));
  assert.notEqual(a, b);
});

test('only the beginning of a path is inserted as it is', () => {
  assert.equal(compilePath('{{options.dir}}/{{options.dir}}', 'x', ['options.dir']).render(context), '/out/_out_');
  assert.equal(compilePath('a/{{options.dir}}', 'x', ['options.dir']).render(context), 'a/_out_');
});

test('an unknown template is named with those that there are', () => {
  const fill = createFill(new Map([['a.json', { path: '/t/a.json.hbs', text: '"{{id}}"' }]]));
  assert.equal(fill('a.json', context), `"${context.id}"`);
  assert.throws(() => fill('b.json', context), { message: 'No template "b.json.hbs"; there are a.json' });
});
