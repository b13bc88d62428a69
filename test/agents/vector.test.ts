import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { matchesGlob } from 'node:path/posix';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parse } from 'yaml';
import type { Output } from '../../src/agent/agent.ts';
import { attributesOf } from '../../src/agent/attributes.ts';
import { makeOptions, makeTarget, node } from '../support/targets.ts';
import { hostileTargets, hostileText, runs } from './hostile.ts';
import { contentOf, oneAgent, render } from './render.ts';

const vector = await oneAgent('vector');

const header = ['file', 'attributes', 'parser', 'tenant'];

/** The records of a CSV text by RFC 4180, refusing what a strict reader refuses. */
function readCsv(text: string): string[][] {
  const records: string[][] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  let record: string[] = [];
  while (field.lastIndex < text.length) {
    const at = field.lastIndex;
    const found = field.exec(text);
    assert.ok(found, `no field at ${at}: ${text.slice(at, at + 40)}`);
    record.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '');
    if (found[3] === ',') continue;
    records.push(record);
    record = [];
  }
  return records;
}

/** The table as Vector takes it: all records are as long as the header, and no file is told twice. */
function tableOf(
  outputs: readonly Output[],
): Map<string, { attributes: Record<string, string>; parser?: string; tenant?: string }> {
  const [first, ...records] = readCsv(contentOf(outputs, '/containers.csv'));
  assert.deepEqual(first, header);
  const rows = records.map((record) => {
    assert.equal(record.length, header.length);
    const [file = '', attributes = '', parser, tenant] = record;
    return [file, { attributes: JSON.parse(attributes) as Record<string, string>, parser, tenant }] as const;
  });
  assert.equal(new Map(rows).size, rows.length);
  return new Map(rows);
}

const links = (outputs: readonly Output[]) => outputs.filter((output) => output.kind === 'link');

test('without a container the table has its header: Vector refuses to start without the file', () => {
  const { outputs } = render(vector, []);
  assert.equal(contentOf(outputs, '/containers.csv'), `${header.join(',')}\n`);
  assert.equal(outputs.length, 1);
});

test('each link is in the table under the path at which Vector sees it', () => {
  const { agent, fill } = vector;
  const targets = [makeTarget(), makeTarget({ format: 'cri' })];
  const options = makeOptions(agent, { 'dest-path': '/out/vector' }) as Parameters<typeof agent.render>[0]['options'];
  const seenByShipper = (path: string) => path.replace('/out/', '/shared/');
  const outputs = agent.render({ targets, node, options, fill, seenByShipper, report: () => assert.fail() });
  assert.deepEqual(
    links(outputs).map(({ path }) => seenByShipper(path)),
    [...tableOf(outputs).keys()],
  );
  assert.deepEqual(
    links(outputs).map(({ to }) => to),
    targets.map(({ log }) => log.path),
  );
});

test('the static configuration reads the links by their ends, and the table by its columns', async () => {
  const text = await readFile(join(import.meta.dirname, '../../manifests/vector/vector.yaml'), 'utf8');
  const { enrichment_tables, sources, transforms } = parse(text) as {
    enrichment_tables: { containers: { file: { path: string } } };
    sources: Record<string, { include: string[]; read_from: string }>;
    transforms: Record<string, { source?: string }>;
  };
  const { outputs } = render(vector, [makeTarget(), makeTarget({ format: 'cri' })], { 'dest-path': '/shared/vector' });
  assert.ok(outputs.some(({ path }) => path === enrichment_tables.containers.file.path));
  const readers = links(outputs).map(({ path }) =>
    Object.keys(sources).filter((name) => sources[name]?.include.some((pattern) => matchesGlob(path, pattern))),
  );
  assert.deepEqual(readers, [['docker'], ['cri']]);
  // Lines that were written before Vector has found the link would be lost.
  for (const { read_from } of Object.values(sources)) assert.equal(read_from, 'beginning');
  const program = transforms['containers']?.source ?? '';
  assert.deepEqual(new Set([...program.matchAll(/row\.(\w+)/g)].map(([, name]) => name)), new Set(header.slice(1)));
  assert.ok(program.includes('{ "file": .file }'));
});

test('the configuration has no dollar before a name or a brace: some versions expand it, some want it doubled', async () => {
  const text = await readFile(join(import.meta.dirname, '../../manifests/vector/vector.yaml'), 'utf8');
  assert.doesNotMatch(text, /\$[\w{$]/);
});

test('the address of the receiver has its scheme: without one some versions take http, some https', async () => {
  const text = await readFile(join(import.meta.dirname, '../../manifests/vector/vector.yaml'), 'utf8');
  const { sinks } = parse(text) as { sinks: { out: { address: string } } };
  assert.match(sinks.out.address, /^https?:\/\//);
});

test('the table is data: a dollar in it is neither doubled nor broken up', () => {
  const text = '${HOME} $HOME $$ {{x}}';
  const [row] = tableOf(render(vector, [makeTarget({ labels: { application: text } })]).outputs).values();
  assert.equal(row?.attributes['application'], text);
});

test('Vector sees a change by itself', () => {
  assert.equal(vector.agent.reload, undefined);
});

test('parser and tenant stand beside the attributes, where no label can reach them', () => {
  const hints = { parser: 'json', tenant: 'a,"b"', attributes: { team: 'blue' } };
  const target = makeTarget({ hints, labels: { parser: 'x', tenant: 'y' } });
  const [row] = tableOf(render(vector, [target], { labels: ['*'] }).outputs).values();
  assert.deepEqual([row?.parser, row?.tenant], ['json', 'a,"b"']);
});

test('each row is what the pod says, whatever it says', () => {
  fc.assert(
    fc.property(hostileTargets, hostileText, (targets, text) => {
      const wild = targets.map((target) => ({ ...target, hints: { attributes: { team: text } } }));
      const { outputs } = render(vector, wild, { labels: ['*'] });
      const rows = [...tableOf(outputs).values()];
      assert.equal(rows.length, wild.length);
      for (const [index, target] of wild.entries()) {
        const expected = Object.entries(attributesOf(target, node, ['*']));
        assert.deepEqual(
          rows[index]?.attributes,
          Object.fromEntries(expected.map(([name, value]) => [name, value.toWellFormed()])),
        );
        assert.equal(links(outputs)[index]?.to, target.log.path);
      }
    }),
    { numRuns: runs },
  );
});
