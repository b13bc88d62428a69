import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { matchesGlob } from 'node:path/posix';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parse } from 'yaml';
import { attributesOf } from '../../src/agent/attributes.ts';
import type { Target } from '../../src/agent/target.ts';
import { makeOptions, makeTarget, node, type TargetInput } from '../support/targets.ts';
import { hostileTargets, hostileText, runs } from './hostile.ts';
import { contentOf, oneAgent, render } from './render.ts';

const fluentBit = await oneAgent('fluent-bit');

interface Part {
  name: string;
  [property: string]: unknown;
}
interface Input extends Part {
  path: string;
  db: string;
  tag: string;
  alias: string;
  processors: { logs: Part[] };
}
interface Container {
  multiline_parsers?: (Part & { rules: { state: string; regex: string; next_state: string }[] })[];
  pipeline: { inputs: Input[]; filters?: Part[] };
}

const properties: Record<string, readonly string[]> = {
  tail: (
    'name alias tag path exclude_path db read_from_head refresh_interval inotify_watcher buffer_max_size skip_long_lines ' +
    'mem_buf_limit multiline.parser processors'
  ).split(' '),
  content_modifier: ['name', 'action', 'key', 'value'],
  parser: ['name', 'key_name', 'parser', 'reserve_data', 'preserve_key'],
  multiline: ['name', 'match', 'multiline.key_content', 'multiline.parser', 'emitter_name'],
};

/** A container's file as Fluent Bit reads it, after a check of every property; an unknown one fails its start. */
function containerOf(target: Target, options = {}): Container {
  const text = contentOf(render(fluentBit, [target], options).outputs, `conf.d/container-${target.id}.yaml`);
  assert.ok(!text.includes('${'), '${ never appears: Fluent Bit expands it, and what comes of it once more');
  const file = parse(text, { version: '1.1' }) as Container;
  const { inputs, filters = [] } = file.pipeline;
  assert.equal(inputs.length, 1);
  for (const part of [...inputs, ...filters, ...(inputs[0]?.processors.logs ?? [])]) {
    for (const key of Object.keys(part)) assert.ok(properties[part.name]?.includes(key), `${part.name}: ${key}`);
  }
  return file;
}

function inputOf(input: TargetInput = {}, options = {}): Input {
  const [tail] = containerOf(makeTarget({ id: 'a', ...input }), options).pipeline.inputs;
  assert.ok(tail);
  return tail;
}

function attributesIn({ processors }: Input): Record<string, unknown> {
  const pairs = processors.logs.filter(({ name }) => name === 'content_modifier');
  assert.equal(new Set(pairs.map(({ key }) => key)).size, pairs.length);
  for (const { action } of pairs) assert.equal(action, 'upsert');
  return Object.fromEntries(pairs.map(({ key, value }) => [String(key), value]));
}

test('without a container there is a file that does nothing: a directory that matches no file is fatal', () => {
  const { outputs } = render(fluentBit, []);
  assert.deepEqual(parse(contentOf(outputs, '/conf.d/none.yaml')), { pipeline: {} });
  assert.deepEqual(parse(contentOf(outputs, '/containers.yaml')), { includes: ['conf.d/*.yaml'] });
});

test('no id gives the name of the file that does nothing a second time', () => {
  const { outputs } = render(fluentBit, [makeTarget({ id: 'none' })]);
  assert.equal(new Set(outputs.map(({ path }) => path)).size, outputs.length);
});

test("Fluent Bit's own configuration includes the file by its absolute path and has what the reload needs", async () => {
  const text = await readFile(join(import.meta.dirname, '../../manifests/fluent-bit/fluent-bit.yaml'), 'utf8');
  const { includes, service } = parse(text) as { includes: string[]; service: Record<string, unknown> };
  const { outputs } = render(fluentBit, [], { 'dest-path': '/shared/fluent-bit' });
  assert.deepEqual(
    includes,
    outputs.filter(({ path }) => path.endsWith('containers.yaml')).map(({ path }) => path),
  );
  // The reader of YAML 1.1 gets true for `on`.
  assert.deepEqual([service['hot_reload'], service['http_server'], service['http_port']], ['on', 'on', 2020]);
});

test('a log is read from its head: what was written before the reload would be lost', () => {
  assert.equal(inputOf()['read_from_head'], true);
});

test('a path that appears later is looked for every 5 seconds, not every 60', () => {
  assert.equal(inputOf()['refresh_interval'], 5);
});

test('no input takes an inotify instance: of these a user has 128 by default, and one more ends Fluent Bit', () => {
  assert.equal(inputOf()['inotify_watcher'], false);
});

test('rotated siblings belong to the input, compressed ones do not', () => {
  for (const format of ['docker', 'cri'] as const) {
    const { path, exclude_path } = inputOf({ format });
    const excluded = String(exclude_path).split(',');
    const file = makeTarget({ format, id: 'a' }).log.path;
    const read = (end: string) =>
      matchesGlob(file + end, path) && !excluded.some((pattern) => matchesGlob(`x${end}`, pattern));
    for (const end of ['', '.1', '.20260102-030405']) assert.ok(read(end), end);
    for (const end of ['.20260102-030405.gz', '.20260102-030405.tmp']) assert.ok(!read(end), end);
  }
});

test('no two inputs share a db: each deletes rows of files that it does not know', () => {
  const { outputs } = render(fluentBit, [makeTarget({ id: 'a' }), makeTarget({ id: 'b' })], { 'db-path': '/state/' });
  const dbs = ['a', 'b'].map(
    (id) => (parse(contentOf(outputs, `/container-${id}.yaml`)) as Container).pipeline.inputs[0]?.db,
  );
  assert.deepEqual(dbs, ['/state/a.db', '/state/b.db']);
});

test('tag and alias come from the id alone', () => {
  const { tag, alias } = inputOf({ id: 'a b*,.c', pod: 'x*', namespace: '*', container: '*' });
  assert.deepEqual([tag, alias], ['container.a_b___c', 'a_b___c']);
});

test('a path is no pattern, and a comma in it begins no second one', () => {
  assert.equal(inputOf({ log: '/a*b?c[d],e${F}' }).path, '/a\\*b\\?c\\[d\\]?e$\\{F\\}*');
});

test('the lines of the runtime are taken apart and their parts joined', () => {
  assert.equal(inputOf({ format: 'docker' })['multiline.parser'], 'docker');
  assert.equal(inputOf({ format: 'cri' })['multiline.parser'], 'cri');
});

test('only a parser that Fluent Bit has is named: an unknown one ends the process', () => {
  const parser = (options: object) => {
    const input = inputOf({ hints: { parser: 'klog' } }, options);
    return [input.processors.logs.find(({ name }) => name === 'parser')?.['parser'], attributesIn(input)['parser']];
  };
  assert.deepEqual(parser({}), [undefined, 'klog']);
  assert.deepEqual(parser({ parsers: ['json'] }), [undefined, 'klog']);
  assert.deepEqual(parser({ parsers: ['json', 'klog'] }), ['klog', 'klog']);
  const reports = (parsers: string[]) =>
    render(fluentBit, [makeTarget({ hints: { parser: 'klog' } })], { parsers }).reports;
  assert.deepEqual(reports(['klog']), []);
  assert.match(reports(['json']).join('\n'), /the parser "klog" is not one of --fluent-bit-parsers/);
});

test('attributes come behind the parser, so that no line can replace them', () => {
  const { logs } = inputOf({ hints: { parser: 'json' } }, { parsers: ['json'] }).processors;
  assert.equal(
    logs.findIndex(({ name }) => name === 'parser'),
    0,
  );
});

test('an entry begins where the expression matches, and goes on where it does not', () => {
  const target = makeTarget({ id: 'a', hints: { multilineStart: '^\\d+ /|b$|[${]' } });
  const { multiline_parsers: [parser] = [], pipeline } = containerOf(target);
  const [first, more] = (parser?.rules ?? []).map(({ regex }) => regex);
  assert.equal(first, '/^\\d+ /|b$|[$\\{]/');
  const expression = (text = '') => new RegExp(text.replace('\\A', '^').slice(1, -1));
  for (const line of ['1 /x', 'ab', 'x $', '{']) {
    assert.ok(expression(first).test(line), line);
    assert.ok(!expression(more).test(line), line);
  }
  for (const line of ['  at x', '', 'bc']) {
    assert.ok(!expression(first).test(line), line);
    assert.ok(expression(more).test(line), line);
  }
  const {
    inputs: [input],
    filters: [filter] = [],
  } = pipeline;
  assert.deepEqual([filter?.['match'], filter?.['multiline.parser']], [input?.tag, parser?.name]);
  assert.equal(parser?.['key_group'], 'stream');
});

test('a reload is confirmed by the count: Fluent Bit answers "done" to what it has rejected', () => {
  const { agent } = fluentBit;
  const reload = (given = {}) => agent.reload?.(makeOptions(agent, given));
  const url = 'http://127.0.0.1:2020/api/v2/reload';
  const confirm = { url, field: 'hot_reload_count' };
  assert.deepEqual(reload(), { kind: 'http', method: 'POST', url, body: '{}', confirm });
  assert.equal(reload({ 'reload-url': '' }), undefined);
});

test('Fluent Bit itself checks the files before they are written, if the watcher can run it', () => {
  const { agent } = fluentBit;
  const check = (given = {}) => agent.check?.(makeOptions(agent, { 'dest-path': '/out', ...given }));
  assert.equal(check(), undefined);
  const command = ['/bin/fluent-bit', '--dry-run', '-c', '{staged}/out/containers.yaml'];
  assert.deepEqual(check({ program: '/bin/fluent-bit' }), { command });
});

test('attributes are what the pod says, but for a space in `${`', () => {
  fc.assert(
    fc.property(hostileTargets, hostileText, (targets, text) => {
      const hints = { parser: 'json', attributes: { team: text } };
      for (const target of targets.map((target) => ({ ...target, hints }))) {
        const [input] = containerOf(target, { labels: ['*'], parsers: ['json'] }).pipeline.inputs;
        assert.ok(input);
        const expected = { ...attributesOf(target, node, ['*']), parser: 'json' };
        const written = Object.entries(expected).map(([name, value]) => [
          name,
          value.toWellFormed().replaceAll('${', '$ {'),
        ]);
        assert.deepEqual(attributesIn(input), Object.fromEntries(written));
        assert.deepEqual([input.path, input.tag], [`${target.log.path}*`, `container.${target.id}`]);
      }
    }),
    { numRuns: runs },
  );
});
