import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseManifest } from '../../src/agent/manifest.ts';
import { createFill } from '../../src/agent/template.ts';
import { makeTarget } from '../support/targets.ts';
import { render } from '../agents/render.ts';

const texts = {
  'one.json': '"{{pod.name}}"\n',
  'all.json': '[{{#each targets}}"{{id}} {{@root.options.word}}"{{#unless @last}},{{/unless}}{{/each}}]',
  'some.json': '{{#if application}}"{{application}}"{{/if}}\n',
};
const templates = new Map(Object.entries(texts).map(([name, text]) => [name, { path: `${name}.hbs`, text }]));
const options = `
summary: Some
options:
  dir: { type: directory, required: true, describe: A directory }
  config: { type: file, describe: A file }
  word: { type: string, default: hello, describe: A word }
`;
const agentOf = (outputs: string, head = options) => ({
  agent: parseManifest(`${head}${outputs}`, 'some', 'some.yaml', new Set(templates.keys())),
  fill: createFill(templates),
});
const targets = [makeTarget({ id: 'a', labels: { application: '../shop' } }), makeTarget({ id: 'b', pod: 'web-2' })];

test('makes a file for each target, one for all, and links', () => {
  const agent = agentOf(`
outputs:
  - { each: target, file: '{{options.dir}}/{{id}}.json', template: one.json, mode: '0600' }
  - { file: '{{options.config}}', template: all.json }
  - { each: target, link: '{{options.dir}}/{{id}}/{{application}}.log', to: '{{log.directory}}/x-{{pod.name}}/{{application}}' }
`);
  assert.deepEqual(render(agent, targets, { dir: '/out/', config: '/etc/all.json' }).outputs, [
    { kind: 'file', path: '/out/a.json', content: '"web-1"\n', mode: 0o600 },
    { kind: 'file', path: '/out/b.json', content: '"web-2"\n', mode: 0o600 },
    { kind: 'file', path: '/etc/all.json', content: '["a hello","b hello"]' },
    { kind: 'link', path: '/out/a/.._shop.log', to: '/var/lib/docker/containers/a/x-web-1/.._shop' },
    { kind: 'link', path: '/out/b/_.log', to: '/var/lib/docker/containers/b/x-web-2/_' },
  ]);
});

test('a blank rendering is no file, and a place without a value takes none', () => {
  const agent = agentOf(`
outputs:
  - { each: target, file: '{{options.dir}}/{{id}}.json', template: some.json }
  - { file: '{{options.config}}', template: all.json }
`);
  const { outputs } = render(agent, targets, { dir: '/out' });
  assert.deepEqual(
    outputs.map(({ path }) => path),
    ['/out/a.json'],
  );
});

test('names all problems at once, with file and key', () => {
  const outputs = `
color: red
outputs:
  - { each: pod, file: '/etc/x', template: two.json, mode: 0600 }
  - { file: a, link: b }
  - { link: '{{options.dir}}/{{{id}}}', to: '', template: one.json }
  - { file: '{{options.word}}/x', to: y, temlpate: one.json }
  - 7
`;
  const head =
    "summary: ''\noptions:\n  dir: { type: directory, describe: A }\n  word: { type: text, descrbe: x }\n  Up: { type: string, describe: x }\n";
  assert.throws(
    () => agentOf(outputs, head),
    (error: Error) => {
      const expected = [
        /^some.yaml: color is unknown; there are contract, summary, options, outputs, hints, reload, check$/,
        /^some.yaml: summary is missing/,
        /^some.yaml: options.word.describe is missing$/,
        /^some.yaml: options.word.type is not valid; there are string, number/,
        /^some.yaml: options.word.descrbe is unknown/,
        /^some.yaml: options.Up: a name has lower case letters/,
        /^some.yaml: outputs\[0\].each can only be "target"/,
        /^some.yaml: outputs\[0\].file has to start with \{\{options.dir\}\}$/,
        /^some.yaml: outputs\[0\].template: there is no template "two.json.hbs"; there are one.json, all.json, some.json$/,
        /^some.yaml: outputs\[0\].mode has to be octal digits in quotes/,
        /^some.yaml: outputs\[1\] needs either file or link$/,
        /^some.yaml: outputs\[2\].link:1: \{\{\{…\}\}\} and/,
        /^some.yaml: outputs\[2\] is a link/,
        /^some.yaml: outputs\[2\].to has to be a text$/,
        /^some.yaml: outputs\[3\].temlpate is unknown/,
        /^some.yaml: outputs\[3\].file has to start with \{\{options.dir\}\}$/,
        /^some.yaml: outputs\[3\].to is for links/,
        /^some.yaml: outputs\[3\].template is missing/,
        /^some.yaml: outputs\[4\] has to be a mapping/,
      ];
      const lines = error.message.split('\n');
      for (const line of expected)
        assert.ok(
          lines.some((text) => line.test(text)),
          `${line} in\n${error.message}`,
        );
      assert.equal(lines.length, expected.length, error.message);
      return true;
    },
  );
});

test('refuses what is no mapping, and broken YAML with its line', () => {
  assert.throws(() => agentOf('', '[]'), {
    message: 'some.yaml: has to be a mapping with summary, options and outputs',
  });
  assert.throws(() => agentOf('', 'a: [\n'), { message: /^some.yaml: .* at line 2/ });
});

test('a missing name tells the output and its path', () => {
  const agent = agentOf("outputs:\n  - { each: target, file: '{{options.dir}}/{{pod.nmae}}', template: one.json }\n");
  assert.throws(() => render(agent, targets), {
    message: 'some.yaml: outputs[0].file:1: {{pod.nmae}}: "nmae" is not defined',
  });
});
