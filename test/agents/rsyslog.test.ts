import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Output } from '../../src/agent/agent.ts';
import { attributesOf } from '../../src/agent/attributes.ts';
import { makeOptions, makeTarget, node } from '../support/targets.ts';
import { hostileTargets, runs } from './hostile.ts';
import { contentOf, oneAgent, render } from './render.ts';

const rsyslog = await oneAgent('rsyslog');

interface Entry {
  attributes: Record<string, string>;
  parser?: string;
  tenant?: string;
}

/** The table as rsyslog takes it: by index, after a check of what it demands. */
function tableOf(outputs: readonly Output[]): Map<string, Entry> {
  const { table, ...head } = JSON.parse(contentOf(outputs, '/containers.json')) as {
    table: { index: string; value: string }[];
  };
  assert.deepEqual(head, { version: 1, nomatch: '', type: 'string' });
  for (const row of table) {
    assert.deepEqual(Object.keys(row), ['index', 'value']);
    assert.equal(typeof row.value, 'string');
  }
  assert.equal(new Set(table.map(({ index }) => index)).size, table.length);
  return new Map(table.map(({ index, value }) => [index, JSON.parse(value) as Entry]));
}

const links = (outputs: readonly Output[]) => outputs.filter((output) => output.kind === 'link');

test('each link is in the table under the path at which rsyslog sees it', async () => {
  const { agent, fill } = rsyslog;
  const targets = [makeTarget(), makeTarget({ format: 'cri' })];
  const options = makeOptions(agent, { 'dest-path': '/out/rsyslog' }) as Parameters<typeof agent.render>[0]['options'];
  const seenByShipper = (path: string) => path.replace('/out/', '/shared/');
  const outputs = await Promise.resolve(
    agent.render({ targets, node, options, fill, seenByShipper, report: () => assert.fail() }),
  );
  const table = tableOf(outputs);
  assert.deepEqual(
    links(outputs).map(({ path }) => seenByShipper(path)),
    [...table.keys()],
  );
  assert.deepEqual(
    links(outputs).map(({ to }) => to),
    targets.map(({ log }) => log.path),
  );
});

test('the end of a link tells the format, as the static configuration asks for', async () => {
  const config = await readFile(join(import.meta.dirname, '../../manifests/rsyslog/rsyslog.conf'), 'utf8');
  const { outputs } = render(rsyslog, [makeTarget(), makeTarget({ format: 'cri' })], {
    'dest-path': '/shared/rsyslog',
  });
  const ends = links(outputs).map(({ path }) => /\.\w+\.log$/.exec(path)?.[0]);
  assert.deepEqual(ends, ['.docker.log', '.cri.log']);
  for (const end of ends) assert.ok(config.includes(`file="/shared/rsyslog/*${end}"`));
  assert.ok(config.includes('lookup_table(name="containers" file="/shared/rsyslog/containers.json" reloadOnHUP="on")'));
});

test('without a container the table is there and empty, since rsyslog loads it at its start', () => {
  const { outputs } = render(rsyslog, []);
  assert.equal(outputs.length, 1);
  assert.equal(tableOf(outputs).size, 0);
});

test('parser and tenant stand beside the attributes, where no label can reach them', () => {
  const hints = { parser: 'json', tenant: 'shop', attributes: { team: 'blue' } };
  const target = makeTarget({ hints, labels: { parser: 'x', tenant: 'y' } });
  const [entry] = tableOf(render(rsyslog, [target], { labels: ['*'] }).outputs).values();
  assert.deepEqual({ parser: entry?.parser, tenant: entry?.tenant }, { parser: 'json', tenant: 'shop' });
  assert.equal(entry?.attributes['team'], 'blue');
  const [plain] = tableOf(render(rsyslog, [makeTarget()]).outputs).values();
  assert.deepEqual(Object.keys(plain ?? {}), ['attributes']);
});

test('a HUP is sent by name, by pid file, or not at all', () => {
  const { agent } = rsyslog;
  const reload = (given: object) => agent.reload?.(makeOptions(agent, { ...given }));
  const hup = { kind: 'signal', signal: 'SIGHUP' };
  assert.deepEqual(reload({}), { ...hup, process: 'rsyslogd' });
  assert.deepEqual(reload({ 'pid-file': '/run/rsyslogd.pid' }), { ...hup, pidFile: '/run/rsyslogd.pid' });
  assert.equal(reload({ process: '' }), undefined);
});

test('attributes are what the pod says, whatever it says, and stand nowhere but in a value', () => {
  fc.assert(
    fc.property(hostileTargets, (targets) => {
      const { outputs } = render(rsyslog, targets, { labels: ['*'] });
      const table = tableOf(outputs);
      assert.equal(table.size, targets.length);
      for (const target of targets) {
        const row = table.get(`/out/rsyslog/dest-path/${target.id}.${target.log.format}.log`);
        const expected = JSON.parse(JSON.stringify(attributesOf(target, node, ['*']))) as Record<string, string>;
        for (const [name, value] of Object.entries(expected)) expected[name] = value.toWellFormed();
        assert.deepEqual(row, { attributes: expected });
      }
    }),
    { numRuns: runs },
  );
});
