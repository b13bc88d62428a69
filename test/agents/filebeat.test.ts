import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parse } from 'yaml';
import type { Output } from '../../src/agent/agent.ts';
import { attributesOf } from '../../src/agent/attributes.ts';
import { makeTarget, node, type TargetInput } from '../support/targets.ts';
import { hostileTargets, hostileText, runs } from './hostile.ts';
import { oneAgent, render } from './render.ts';

const filebeat = await oneAgent('filebeat');

interface Input {
  type: string;
  id: string;
  paths: string[];
  parsers: Record<string, unknown>[];
  processors?: { replace: { fields: { field: string; pattern: string; replacement: string }[] } }[];
  fields: Record<string, string>;
  [setting: string]: unknown;
}

/** What Beats make of a text: `$$` and `$}` are the second character, `${` begins a variable. */
function expanded(text: string): string {
  return text.replace(/\$([${}])/g, (_all, next: string) => {
    assert.notEqual(next, '{', `${JSON.stringify(text)} has a variable`);
    return next;
  });
}

/** An input file as Filebeat reads it: YAML 1.1, a list with one input, its texts expanded. */
function inputOf(output: Output | undefined): Input {
  assert.ok(output?.kind === 'file');
  const inputs = parse(output.content, { version: '1.1' }) as Input[];
  assert.equal(inputs.length, 1);
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return expanded(value);
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [expanded(key), walk(part)]));
  };
  return walk(inputs[0]) as Input;
}

const one = (input: TargetInput = {}, options = {}) =>
  inputOf(render(filebeat, [makeTarget(input)], options).outputs[0]);

test('each file is a list with a filestream input, whose id is the container', () => {
  assert.deepEqual([one().type, one({ id: 'a' }).id], ['filestream', 'container-a']);
  assert.equal(one({ id: 'a', labels: { application: 'x' } }).id, one({ id: 'a' }).id);
});

test('a file under 1 KiB is read: files are told apart by inode, not by their first bytes', () => {
  const input = one();
  assert.equal(input['file_identity.native'], null);
  assert.ok('file_identity.native' in input);
  assert.equal(input['prospector.scanner.fingerprint.enabled'], false);
});

test('rotated siblings belong to the input, compressed ones do not', () => {
  for (const format of ['docker', 'cri'] as const) {
    const target = makeTarget({ format });
    const input = one({ format });
    assert.deepEqual(input.paths, [`${target.log.path}*`]);
    const excluded = (input['prospector.scanner.exclude_files'] as string[]).map((pattern) => new RegExp(pattern));
    const read = (end: string) => !excluded.some((pattern) => pattern.test(target.log.path + end));
    for (const end of ['', '.1', '.20260102-030405']) assert.ok(read(end), end);
    for (const end of ['.20260102-030405.gz', '.20260102-030405.tmp']) assert.ok(!read(end), end);
  }
});

test('links are followed, and a removed file is read to its end', () => {
  const input = one();
  assert.equal(input['prospector.scanner.symlinks'], true);
  // Filebeat refuses the one without the other.
  assert.deepEqual([input['close.on_state_change.removed'], input['clean_removed']], [false, false]);
});

test('the path is no pattern', () => {
  assert.deepEqual(one({ log: '/a*b?c[d]{e}\\f' }).paths, ['/a\\*b\\?c\\[d\\]\\{e\\}\\\\f*']);
});

test('the lines of the runtime are taken apart, then what hints ask for, in this order', () => {
  const container = (format: string) => ({ container: { stream: 'all', format } });
  assert.deepEqual(one({ format: 'docker' }).parsers, [container('docker')]);
  assert.deepEqual(one({ format: 'cri' }).parsers, [container('cri')]);
  const hints = { multilineStart: '^\\d+ "$', parser: 'json' };
  assert.deepEqual(one({ format: 'cri', hints }).parsers, [
    container('cri'),
    { multiline: { type: 'pattern', pattern: '^\\d+ "$', negate: true, match: 'after' } },
    { ndjson: { target: 'json', add_error_key: true } },
  ]);
  const other = one({ hints: { parser: 'klog' } });
  assert.deepEqual([other.parsers.length, other.fields['parser']], [1, 'klog']);
});

test('redaction is a replacement of the message, rule by rule', () => {
  const redaction = [
    { match: 'card=\\d+$', replacement: 'card=$1' },
    { match: 'x', replacement: '' },
  ];
  const { processors = [] } = one({ hints: { redaction } });
  assert.deepEqual(
    processors.map(({ replace }) => replace.fields),
    redaction.map(({ match, replacement }) => [{ field: 'message', pattern: match, replacement }]),
  );
  assert.equal(one().processors, undefined);
});

test('others may not write the file, or Filebeat refuses it', () => {
  const { outputs } = render(filebeat, [makeTarget()]);
  for (const output of outputs) assert.equal(((output.kind === 'file' && output.mode) || 0o644) & 0o022, 0);
});

test('Filebeat looks for new files by itself', async () => {
  assert.equal(filebeat.agent.reload, undefined);
  const text = await readFile(join(import.meta.dirname, '../../manifests/filebeat/filebeat.yml'), 'utf8');
  const inputs = (parse(text) as { filebeat: { config: { inputs: unknown } } }).filebeat.config.inputs;
  assert.deepEqual(inputs, { enabled: true, path: '/shared/inputs.d/*.yml', reload: { enabled: true, period: '10s' } });
});

test('one dollar more does not undo the escape', () => {
  for (const dollars of ['$', '$$', '$$$', '$$$$']) {
    const text = `${dollars}{HOME} ${dollars}} ${dollars}{HOME:x}`;
    assert.equal(one({ labels: { application: text } }).fields['application'], text);
  }
});

test('fields are what the pod says, whatever it says', () => {
  fc.assert(
    fc.property(hostileTargets, hostileText, (targets, text) => {
      const hints = { redaction: [{ match: text, replacement: text }], tenant: text, attributes: { team: text } };
      const wild = targets.map((target) => ({ ...target, hints }));
      const { outputs } = render(filebeat, wild, { labels: ['*'] });
      for (const [index, target] of wild.entries()) {
        const { fields, processors = [], paths } = inputOf(outputs[index]);
        const expected: Record<string, string> = {
          ...attributesOf(target, node, ['*']),
          ...(text && { tenant: text }),
        };
        for (const [name, value] of Object.entries(expected)) expected[name] = value.toWellFormed();
        assert.deepEqual(fields, expected);
        assert.equal(processors[0]?.replace.fields[0]?.pattern, text.toWellFormed());
        assert.deepEqual(paths, [`${target.log.path}*`]);
      }
    }),
    { numRuns: runs },
  );
});
