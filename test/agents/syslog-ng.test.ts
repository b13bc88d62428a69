import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { attributesOf } from '../../src/agent/attributes.ts';
import { makeOptions, makeTarget, node, type TargetInput } from '../support/targets.ts';
import { hostileTargets, hostileText, runs } from './hostile.ts';
import { oneAgent, render } from './render.ts';

const syslogNg = await oneAgent('syslog-ng');

/** The strings of a configuration as syslog-ng reads them, and what stands around them. Backticks come before strings. */
function read(text: string): { strings: string[]; around: string } {
  assert.doesNotMatch(text, /`|(?<![^\n])@/);
  const strings: string[] = [];
  const bare = text.replace(/(?<![^\n]) *#[^\n]*/g, '');
  const around = bare.replace(/"((?:[^"\\\n]|\\[^])*)"|'([^'\n]*)'/g, (_all, double?: string, single = '') => {
    strings.push(double === undefined ? single : double.replace(/\\(x[0-9a-f]{2}|[^])/g, (_, c: string) => plain(c)));
    return '""';
  });
  return { strings, around };
}

const controls: Record<string, string> = { n: '\n', r: '\r', t: '\t', a: '\x07', v: '\x0b' };
const plain = (c: string) =>
  c.length === 3 ? String.fromCharCode(Number.parseInt(c.slice(1), 16)) : (controls[c] ?? c);

const filesOf = (inputs: TargetInput[], options = {}) =>
  render(syslogNg, inputs.map(makeTarget), { 'dest-path': '/out', ...options }).outputs;

function one(input: TargetInput = {}, options = {}) {
  const [output, ...others] = filesOf([input], options);
  assert.ok(output?.kind === 'file');
  assert.deepEqual(others, []);
  const { strings, around } = read(output.content);
  const said = JSON.parse(strings[1] ?? '') as { k8s: Record<string, string>; [key: string]: unknown };
  return { path: output.path, content: output.content, log: strings[0], said, strings, around };
}

test('each container has a file that the static configuration includes', async () => {
  const config = await readFile(join(import.meta.dirname, '../../manifests/syslog-ng/syslog-ng.conf'), 'utf8');
  assert.match(config, /^source containers \{\n@include "\/shared\/syslog-ng\/\*\.conf"\n\};$/m);
  assert.equal(one({ id: 'a' }).path, '/out/a.conf');
  assert.deepEqual(filesOf([]), []);
});

test("a container's log and attributes are its own, parser and tenant beside them", () => {
  const hints = { parser: 'json', tenant: 'shop', attributes: { team: 'blue' } };
  const target = makeTarget({ hints, labels: { parser: 'x', tenant: 'y' } });
  const { log, said } = one({ hints, labels: { parser: 'x', tenant: 'y' } }, { labels: ['*'] });
  assert.equal(log, target.log.path);
  assert.deepEqual(said, { k8s: attributesOf(target, node, ['*']), 'k8s.parser': 'json', 'k8s.tenant': 'shop' });
  assert.deepEqual(Object.keys(one().said), ['k8s']);
});

test('the expressions for the lines of each runtime tell parts from whole lines', () => {
  const endsLine = (format: 'cri' | 'docker') => {
    const { strings } = one({ format });
    const pattern = strings.find((text) => text.endsWith('[^\\n]*') && text.startsWith('^('));
    // What JavaScript has no word for: it may not give back what it has taken.
    const expression = new RegExp((pattern ?? '').replace('++|', '+|').replace('.)*+', '.)*'));
    return (line: string) => expression.test(line);
  };
  const docker = (log: string) => endsLine('docker')(JSON.stringify({ log, stream: 'stdout', time: 't' }));
  assert.deepEqual(['a\n', '\n', 'a', '', 'a\\n', 'a\\\n', 'a\\\\n', '"\n', '"'].map(docker), [
    true,
    true,
    false,
    false,
    false,
    true,
    false,
    true,
    false,
  ]);
  assert.ok(endsLine('docker')('no JSON'));
  const cri = (line: string) => endsLine('cri')(line);
  assert.deepEqual(['t stdout F a', 't stderr P a', 't stdout P ', 't other P a', 'no line', ''].map(cri), [
    true,
    false,
    false,
    true,
    true,
    true,
  ]);
});

test('redaction is done in its order, and the expression arrives as it was written', () => {
  const redaction = [
    { match: '`card`="\\d+\\$"$', replacement: '"cut"' },
    { match: "it's\n", replacement: '`HOME`' },
  ];
  const { strings } = one({ hints: { redaction } });
  const at = strings.indexOf(redaction[0]?.match ?? '');
  assert.ok(at > 0);
  assert.deepEqual(strings.slice(at, at + 6), [
    redaction[0]?.match,
    redaction[0]?.replacement,
    'MESSAGE',
    redaction[1]?.match,
    redaction[1]?.replacement,
    'MESSAGE',
  ]);
});

test('nothing behind NUL is lost, since syslog-ng would read no further', () => {
  const { strings } = one({ hints: { redaction: [{ match: 'a\0b', replacement: '' }] } });
  assert.ok(strings.includes('a\ufffdb'));
});

test('a HUP is sent by name, by pid file, or not at all', () => {
  const { agent } = syslogNg;
  const reload = (given: object) => agent.reload?.(makeOptions(agent, { ...given }));
  const hup = { kind: 'signal', signal: 'SIGHUP' };
  assert.deepEqual(reload({}), { ...hup, process: 'syslog-ng' });
  assert.deepEqual(reload({ 'pid-file': '/run/a.pid' }), { ...hup, pidFile: '/run/a.pid' });
  assert.equal(reload({ process: '' }), undefined);
});

test('what is checked is what is staged, and nothing without a program', () => {
  const { agent } = syslogNg;
  assert.equal(agent.check?.(makeOptions(agent, {})), undefined);
  const options = { 'dest-path': '/out', program: '/bin/syslog-ng' };
  assert.deepEqual(agent.check?.(makeOptions(agent, options))?.command, [
    '/bin/syslog-ng',
    '--syntax-only',
    '--cfgfile',
    '{staged}/out/check.include',
  ]);
  const [file] = filesOf([], options);
  assert.ok(file?.kind === 'file' && file.path === '/out/check.include');
  assert.match(file.content, /^@define include-path "\."$/m);
  assert.match(file.content, /^@include "\.\/out\/\*\.conf"$/m);
});

test('whatever a pod says stands in one string, and what is around it is the same for all', () => {
  const { around } = one({ format: 'cri' });
  const docker = one({ format: 'docker' }).around;
  fc.assert(
    fc.property(hostileTargets, (targets) => {
      const { outputs } = render(syslogNg, targets, { labels: ['*'] });
      assert.equal(outputs.length, targets.length);
      for (const [index, target] of targets.entries()) {
        const output = outputs[index];
        assert.ok(output?.kind === 'file');
        const found = read(output.content);
        assert.equal(found.around, target.log.format === 'cri' ? around : docker);
        const expected: Record<string, string> = {};
        for (const [name, value] of Object.entries(attributesOf(target, node, ['*'])))
          expected[name] = value.toWellFormed();
        assert.deepEqual(JSON.parse(found.strings[1] ?? ''), { k8s: expected });
      }
    }),
    { numRuns: runs },
  );
});

test('no expression and no replacement leaves its string', () => {
  const { around } = one({ hints: { redaction: [{ match: 'a', replacement: 'b' }] } });
  fc.assert(
    fc.property(hostileText, hostileText, (match, replacement) => {
      const found = one({ hints: { redaction: [{ match, replacement }] } });
      assert.equal(found.around, around);
      const told = (text: string) => text.toWellFormed().replaceAll('\0', '\ufffd');
      assert.ok(found.strings.includes(told(match)) && found.strings.includes(told(replacement)));
    }),
    { numRuns: runs },
  );
});
