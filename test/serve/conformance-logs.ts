import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { end, until } from '../support/program.ts';
import type { Check } from './conformance-suite.ts';
import { record } from './records.ts';
import type { Sides } from './sides.ts';

interface Row {
  time: string;
  log: string;
  cursor?: string;
  [name: string]: unknown;
}

const second = (number: number) => new Date(Date.UTC(2026, 0, 2, 3, 4, 5) + number * 1000).toISOString();
const program = join(import.meta.dirname, '../../bench/load.ts');

/** Puts in rows as an export gives them. */
const put = async (sides: Sides, rows: readonly object[]) =>
  assert.deepEqual(await sides.post(rows.map((row) => JSON.stringify(row)).join('\n'), {}, '/api/import'), [
    200,
    `{"entries":${rows.length},"lines":${rows.length}}`,
  ]);
const ask = async (sides: Sides, path: string) => {
  const { status, text } = await sides.ask(path);
  return [status, text] as const;
};
const exported = async (sides: Sides, query = '') => {
  const [status, text] = await ask(sides, `/api/export${query}`);
  assert.equal(status, 200);
  return text.split('\n').slice(0, -1).map((row) => JSON.parse(row) as Row); // prettier-ignore
};

/** The store behind a collector: the whole path, from lines with names to lines by their names. */
export function checkLogs(check: Check): void {
  check('C-03, C-04 /status and /logs, also after a restart', async ({ fresh }) => {
    const first = await fresh();
    assert.deepEqual(await ask(first, '/status'), [200, '{"files_len":0,"index_keys":[]}']);
    const line = (log: string, number: number) => ({ time: second(number), log, labels: { path: 'd/hello.log' } });
    await put(first, [line('hello!', 0)]);
    const there = [200, '{"files_len":1,"index_keys":["path=d/hello.log"]}'];
    assert.deepEqual(await ask(first, '/status'), there);
    assert.deepEqual(await ask(first, '/logs/path/d/hello.log'), [200, '["hello!"]']);
    await put(first, [line('again', 1)]);
    const sides = await first.again();
    assert.deepEqual(await ask(sides, '/status'), there);
    for (const path of ['path/d/hello.log', 'path/d%2Fhello.log'])
      assert.deepEqual(await ask(sides, `/logs/${path}`), [200, '["hello!","again"]'], path);
    for (const path of ['path/d', 'path/d/hello.log/', 'path/', 'path', '', 'nope/d/hello.log', '%zz/a', 'path/%zz'])
      assert.deepEqual(await ask(sides, `/logs/${path}`), [404, ''], path);
  });

  check('C-06, C-10 by pod and label, several series merged by time', async ({ fresh }) => {
    const sides = await fresh();
    const id = 'ab'.repeat(32);
    const dns = (log: string, number: number, labels: Record<string, string>, pod = 'coredns-1') => {
      const { kubernetes, ...rest } = record(pod, second(number), log);
      const names = { namespace_name: 'kube-system', container_name: 'coredns', docker_id: id, labels };
      return { ...rest, kubernetes: { ...kubernetes, ...names } };
    };
    const labels = { 'k8s-app': 'kube-dns', 'app.kubernetes.io/name': 'web', tier: 'a/b & c' };
    await sides.post([dns('hello? –', 2, labels), dns('first', 1, { 'k8s-app': 'kube-dns' }, 'coredns-2')]);
    await sides.post([record('web-0', second(3), 'other')]);
    for (const [path, ...expected] of [
      ['k8s-app/kube-dns', 'first', 'hello? –'],
      ['app.kubernetes.io%2Fname/web', 'hello? –'],
      ['tier/a/b%20&%20c', 'hello? –'],
      ['namespace/kube-system', 'first', 'hello? –'],
      ['pod_name/coredns-2', 'first'],
      ['pod/coredns-1', 'hello? –'],
      ['container_name/coredns', 'first', 'hello? –'],
      [`container_id/${id}`, 'first', 'hello? –'],
      ['stream/stdout', 'first', 'hello? –', 'other'],
    ] as const)
      assert.deepEqual(await ask(sides, `/logs/${path}`), [200, JSON.stringify(expected)], path);
    const [, status] = await ask(sides, '/status');
    const { files_len: files, index_keys: keys } = JSON.parse(status) as { files_len: number; index_keys: string[] };
    assert.equal(files, 3);
    for (const key of ['pod_name=coredns-1', `container_id=${id}`, 'app.kubernetes.io/name=web', 'tier=a/b & c'])
      assert.ok(keys.includes(key), key);
  });

  check('C-10 with and, or, not, text and pattern in a time; rows tell where they come from', async ({ fresh }) => {
    const sides = await fresh();
    const labels = ['web', 'db'].map((app) => ({ 'app.kubernetes.io/name': app }));
    const rows = Array.from({ length: 12 }, (_, index) => ({
      time: second(index).replace('.000Z', 'Z'),
      log: `${index % 3 === 0 ? 'error' : 'fine'} ${index}`,
      namespace: 'default',
      pod: `pod-${index % 2}`,
      container: 'main',
      stream: 'stdout',
      labels: labels[index % 2],
    }));
    await put(sides, rows.toReversed());
    const found = async (q: string, ...expected: number[]) => {
      const range = `from=${second(1)}&to=${second(10)}&direction=forward`;
      const [status, text] = await ask(sides, `/api/search?${range}&q=${encodeURIComponent(q)}`);
      assert.equal(status, 200, text);
      const { entries } = JSON.parse(text) as { entries: Row[] };
      assert.deepEqual(
        entries.map(({ cursor: _cursor, ...row }) => row),
        expected.map((index) => rows[index]),
        q,
      );
    };
    await found('error', 3, 6, 9);
    await found('error and not pod=pod-1', 6);
    await found('not error and app.kubernetes.io/name=db', 1, 5, 7);
    await found('/^fine [24]$/ or "error 9"', 2, 4, 9);
    await found('pod=~"pod-.*" not /\\d{2}/ error', 3, 6, 9);
  });

  check('C-08 what a line may hold comes back as it was sent', async ({ fresh }) => {
    const sides = await fresh();
    const odd = [
      '–',
      '“quoted”',
      '\u0093 and \u00ff',
      'a\u0000b',
      'two\nlines\r\n',
      '\u2028 <&>',
      '\ufffd',
      '🙂',
      ' ',
      '\t',
    ];
    await sides.post(odd.map((log, index) => record('odd', second(index), log)));
    // Bytes that are no UTF-8 spoil nothing beside themselves.
    const raw = Buffer.from(JSON.stringify([record('raw', second(0), 'x%y'), record('raw', second(1), 'fine')]));
    raw[raw.indexOf('%')] = 0x93;
    assert.deepEqual(await sides.post(raw), [200, '']);
    assert.deepEqual(await ask(sides, '/logs/pod/raw'), [200, '["x\ufffdy","fine"]']);
    assert.deepEqual(await ask(sides, '/logs/pod/odd'), [200, JSON.stringify(odd)]);
    const range = 'start_time=2026-01-01T00:00:00Z&end_time=2026-01-03T00:00:00Z';
    const [, text] = await ask(sides, `/query?namespace=default&pod_name=odd&container_name=web&${range}`);
    assert.deepEqual(
      (JSON.parse(text) as { log_rows: Row[] }).log_rows.map(({ log }) => log),
      odd,
    );
  });

  check('C-12 what is exported and imported elsewhere is the same, once or twice', async ({ fresh }) => {
    const [here, there] = [await fresh(), await fresh()];
    const rows = Array.from({ length: 3000 }, (_, index) => ({
      time: second(Math.floor(index / 2)).replace('.000Z', `.${String(1 + (index % 2)).padStart(9, '0')}Z`),
      log: `${index} – “line” ${'x'.repeat(index % 90)}`,
      namespace: 'default',
      pod: `web-${index % 7}`,
      container: 'web',
      stream: index % 3 ? 'stdout' : 'stderr',
      host: 'n',
      pod_id: 'p',
      docker_id: 'd',
      labels: { app: 'web', 'app.kubernetes.io/name': `w ${index % 2}` },
      ...(index % 5 === 0 && { metadata: { trace: String(index) } }),
    }));
    await put(here, rows);
    const plain = (all: readonly Row[]) => all.map(({ cursor: _cursor, ...row }) => row);
    const told = await exported(here);
    assert.deepEqual(plain(told), rows);
    for (let round = 0; round < 2; round += 1) {
      await put(there, told);
      assert.deepEqual(plain(await exported(there)), rows);
    }
    const zipped = await here.ask('/api/export?format=gzip&pod=web-3');
    assert.equal(zipped.headers['content-type'], 'application/gzip');
    const some = zipped.text.trimEnd().split('\n').map((row) => JSON.parse(row) as Row); // prettier-ignore
    assert.deepEqual(
      plain(some),
      rows.filter(({ pod }) => pod === 'web-3'),
    );
    const other = await fresh();
    const body = gzipSync(zipped.text);
    assert.deepEqual(await other.post(body, { 'content-encoding': 'gzip' }, '/api/import'), [
      200,
      `{"entries":${some.length},"lines":${some.length}}`,
    ]);
    assert.deepEqual(plain(await exported(other)), plain(some));
    // Half of it, and then the rest.
    const half = some[100]?.cursor ?? '';
    const rest = await ask(here, `/api/export?pod=web-3&after=${half}`);
    assert.equal(rest[1].split('\n').length - 1, some.length - 101);
  });

  check('C-12, B-22 what is older than the retention goes', async ({ fresh }) => {
    const sides = await fresh([], 3600);
    const now = Date.now();
    const line = (log: string, ago: number) => record('aging', new Date(now - ago * 1000).toISOString(), log);
    await sides.post([line('over', 7200), line('stays', 60)]);
    const told = async (url: string) => (await fetch(`${url}/logs/pod/aging`)).text();
    for (const url of sides.urls)
      await until('the old one to go', async () => (await told(url)) === '["stays"]', 60_000);
    assert.deepEqual(await ask(sides, '/logs/pod/aging'), [200, '["stays"]']);
  });

  for (const distribution of ['uniform', 'linear'])
    check(`C-14 what ${distribution} streams send is all stored`, async ({ strict }) => {
      const flags = `--streams 20 --avg-events-per-second 50 --seconds 1 --distribution ${distribution}`.split(' ');
      for (const url of strict.urls) {
        const child = spawn(process.execPath, [program, '--url', url, ...flags], {
          env: { PATH: process.env['PATH'] },
        });
        const { code, stdout, stderr } = await end(child);
        const [, sent, stored] = /^(\d+) events sent by 20 streams, (\d+) stored\n$/.exec(stdout) ?? [];
        assert.deepEqual([code, stderr, stored], [0, '', sent]);
        assert.ok(Math.abs(Number(sent) - 1000) <= 20, `${sent} events`);
      }
    });
}
