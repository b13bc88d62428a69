import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { Profile } from 'pprof-format';
import { serveSettings } from '../../src/serve/settings.ts';
import { end, launch, until, watching, type Env } from '../support/program.ts';

const root = mkdtempSync(join(tmpdir(), 'serve-program-'));
after(() => rmSync(root, { recursive: true }));
const run = promisify(execFile);
const fresh = () => mkdtempSync(join(root, 'data-'));

async function start(t: TestContext, args: readonly string[] = [], env: Env = {}) {
  const all = ['serve', '-port=0', '--bind-address', '127.0.0.1', `--data-path=${fresh()}`, ...args];
  const program = watching(launch(all, { PATH: process.env['PATH'], ...env }));
  t.after(() => program.child.kill('SIGKILL'));
  await until('the start', () => program.url !== '', 120_000);
  return program;
}

const record = {
  log: 'x',
  time: '2018-05-03T12:04:57Z',
  kubernetes: { namespace_name: 'a', pod_name: 'b', container_name: 'c' },
};
const query =
  '/query?namespace=a&pod_name=b&container_name=c&start_time=2018-01-01T00:00:00Z&end_time=2019-01-01T00:00:00Z';

test('B-24: asked to end, it finishes what it has begun, takes no more, and ends well', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const program = await start(t, ['--grace=100']);
    const body = JSON.stringify([record]);
    const headers = { 'content-length': body.length };
    const writing = request(`${program.url}/write`, { method: 'POST', headers });
    const following = await fetch(`${program.url}/api/follow?namespace=a`);
    writing.write(body.slice(0, 10));
    await until(
      'the half of it',
      async () => (await program.metric('logwatch_serve_requests_in_flight{kind="write"}')) === 1,
    );
    program.child.kill(signal);
    await until('no more', () =>
      fetch(`${program.url}/livez`).then(
        () => false,
        () => true,
      ),
    );
    writing.end(body.slice(10));
    const [answer] = (await once(writing, 'response')) as [IncomingMessage];
    assert.equal(answer.statusCode, 200);
    await text(answer);
    await following.text().catch(() => undefined);
    const { code } = await program.ended;
    assert.equal(code, 0, signal);
  }
});

test('B-24: asked a second time, it ends at once', async (t) => {
  const program = await start(t, ['--grace=100']);
  const writing = request(`${program.url}/write`, { method: 'POST', headers: { 'content-length': 10 } });
  writing.on('error', () => undefined).write('[');
  await until(
    'the half of it',
    async () => (await program.metric('logwatch_serve_requests_in_flight{kind="write"}')) === 1,
  );
  program.child.kill('SIGTERM');
  await until('no more', () =>
    fetch(`${program.url}/livez`).then(
      () => false,
      () => true,
    ),
  );
  const { code } = await program.stop('SIGTERM');
  assert.equal(code, 1);
});

test('an address that is taken and a directory that can not be are told, and nothing hangs', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const taken = await end(
    launch(['serve', `--port=${port}`, '--bind-address=127.0.0.1', `--data-path=${fresh()}`], {}),
  );
  other.close();
  assert.equal(taken.code, 1);
  assert.match(taken.stderr, /EADDRINUSE/);
  const file = join(root, 'file');
  writeFileSync(file, '');
  const none = await end(launch(['serve', '--port=0', `--data-path=${file}`], {}));
  assert.equal(none.code, 1);
  assert.notEqual(none.stderr, '');
});

test('two processes on one directory: the second is told, the first goes on', async (t) => {
  const directory = fresh();
  const first = await start(t, [`--data-path=${directory}`]);
  const second = await end(launch(['serve', '--port=0', `--data-path=${directory}`], {}));
  assert.equal(second.code, 1);
  assert.match(second.stderr, /--data-path .* is in use by another process/);
  const answer = await fetch(`${first.url}/write`, { method: 'POST', body: JSON.stringify([record]) });
  assert.equal(answer.status, 200);
  await first.stop('SIGKILL');
  // A lock of one that is gone holds nobody off.
  const third = await start(t, [`--data-path=${directory}`]);
  assert.match(await third.text(query), /"log": "x"/);
  await third.stop();
});

test('B-12: promtool has nothing to say but of the names that are kept', async (t) => {
  const program = await start(t);
  await fetch(`${program.url}/write`, { method: 'POST', body: JSON.stringify([record]) });
  await (await fetch(program.url + query)).text();
  await fetch(`${program.url}/write`, { method: 'POST', body: 'x' });
  await program.text('/metrics');
  const metrics = await program.text('/metrics');
  assert.match(metrics, /^logwatch_serve_stored_entries_total 1$/m);
  assert.match(
    metrics,
    /^logwatch_serve_request_duration_seconds_count\{method="GET",route="\/query",status="200"\} 1$/m,
  );
  const path = join(root, 'metrics');
  writeFileSync(path, metrics);
  try {
    await run('sh', ['-c', `promtool check metrics < ${path}`]);
    assert.fail('the label statusCode is told');
  } catch (error) {
    const { code, stderr } = error as { code: number; stderr: string };
    if (code === 127) return t.skip('there is no promtool');
    const known =
      /^(total_requests|(sum|avg)_response_time) label names should be written in 'snake_case' not 'camelCase'$/;
    assert.deepEqual(
      stderr.split('\n').filter((line) => line !== '' && !known.test(line)),
      [],
    );
  }
  await program.stop();
});

test('B-13: profiles are files of pprof', async (t) => {
  const off = await start(t);
  const index = await fetch(`${off.url}/debug/pprof/heap`);
  assert.deepEqual([index.status, await index.text()], [404, '404 page not found\n']);
  await off.stop();

  const { url, stop } = await start(t, [], { ENABLE_PROFILING: 'true' });
  const get = async (name: string) => {
    const answer = await fetch(`${url}/debug/pprof/${name}`);
    return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) };
  };
  for (const name of ['', 'cmdline', 'symbol']) assert.equal((await get(name)).status, 200, name);
  for (const name of ['trace', 'goroutine', 'threadcreate', 'block', 'mutex', 'allocs'])
    assert.equal((await get(name)).status, 501, name);
  for (const name of ['nothing', 'profile/x']) assert.equal((await get(name)).status, 404, name);
  assert.equal((await get('profile?seconds=0')).status, 400);
  const busy = setInterval(
    () =>
      void fetch(`${url}/metrics`)
        .then((answer) => answer.text())
        .catch(() => undefined),
    5,
  );
  const files = { heap: await get('heap'), profile: await get('profile?seconds=0.5') };
  clearInterval(busy);
  for (const [name, { status, bytes }] of Object.entries(files)) {
    assert.equal(status, 200);
    const { sampleType, sample, stringTable } = Profile.decode(gunzipSync(bytes));
    const word = (index: unknown) => stringTable.strings[Number(index)];
    const kinds = sampleType.map(({ type, unit }) => `${word(type)} ${word(unit)}`);
    assert.deepEqual(kinds, name === 'heap' ? ['objects count', 'space bytes'] : ['samples count', 'cpu nanoseconds']);
    assert.ok(sample.length > 0);
    assert.ok(sample.every(({ value, locationId }) => value.length === 2 && locationId.length > 0));
    const path = join(root, name);
    writeFileSync(path, bytes);
    try {
      const { stdout } = await run('go', ['tool', 'pprof', '-top', path], {
        env: { ...process.env, PPROF_TMPDIR: root },
      });
      assert.match(stdout, /flat%/);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      t.diagnostic('there is no go');
    }
  }
  await stop();
});

test('B-14: options by flag with one dash or two, by variable, by file, in this order', async () => {
  const config = join(root, 'serve.yaml');
  writeFileSync(config, 'port: 1000\nbind-address: 127.0.0.9\ncassandra_keyspace: of_file\nquery-limit: 7\n');
  const names = {
    IP: '127.0.0.2',
    PORT: '2000',
    CASSANDRA_KEYSPACE: 'of_env',
    CASSANDRA_PORT: '9043',
    CASSANDRA_REPLICATION_STRATEGY: 'NetworkTopologyStrategy',
    CASSANDRA_REPLICATION_FACTORS: '{"a":1,"b":2}',
    CASSANDRA_WRITE_CONCURRENCY: '3',
    CASSANDRA_WRITE_BUFFER_SIZE: '4',
    ENABLE_PROFILING: 'true',
  };
  const defaults = serveSettings({ argv: [], env: {} });
  assert.deepEqual(
    [
      defaults.store,
      defaults['bind-address'],
      defaults.port,
      defaults['cassandra-hosts'],
      defaults['cassandra-keyspace'],
    ],
    ['sqlite', '0.0.0.0', 8080, ['127.0.0.1'], 'insight_logs'],
  );
  assert.deepEqual(
    [defaults['cassandra-port'], defaults['cassandra-replication-factors'], defaults['cassandra-write-buffer-size']],
    [9042, { cluster: 1 }, 1024],
  );
  const values = serveSettings({ argv: ['serve', '--port=3000'], env: { ...names, WATCHER_CONFIG: config } }, [
    'h1',
    'h2',
  ]);
  assert.deepEqual(
    [values.store, values['cassandra-hosts'], values.port, values['bind-address'], values['query-limit']],
    ['cassandra', ['h1', 'h2'], 3000, '127.0.0.2', 7],
  );
  assert.deepEqual(
    [values['cassandra-keyspace'], values['cassandra-port'], values['cassandra-replication-factors']],
    ['of_env', 9043, { a: 1, b: 2 }],
  );
  assert.deepEqual(
    [values['cassandra-write-concurrency'], values['cassandra-write-buffer-size'], values['enable-profiling']],
    [3, 4, true],
  );
  assert.equal(values['cassandra-replication-strategy'], 'NetworkTopologyStrategy');
  for (const [word, level] of ['error', 'warn', 'info', 'debug', 'debug'].entries())
    assert.equal(serveSettings({ argv: [`--log-level=${word}`], env: {} })['log-level'], level);

  const help = await end(launch(['serve', '-help'], {}));
  assert.equal(help.code, 0);
  for (const name of [
    ...Object.keys(names),
    '--cassandra-write-buffer-size',
    '[default: insight_logs]',
    '--enable-profiling',
  ])
    assert.ok(help.stdout.includes(name), name);
  assert.deepEqual([(await end(launch(['serve', '-version'], {}))).code], [0]);
});

test('B-14: what is wrong with options is told at once, in the words that are known', async () => {
  const args =
    '-port=x -cassandra-port 0 -cassandra-keyspace= -cassandra-write-buffer-size=-1 -cassandra-replication-factors={"a":1,"b":1}';
  const { code, stderr } = await end(
    launch(['serve', '--store=cassandra', ...args.split(' '), '--nope', '--cassandra-hosts='], {}),
  );
  assert.equal(code, 2);
  assert.deepEqual(stderr.trimEnd().split('\n'), [
    '`--cassandra-keyspace` needs a value.',
    '`--nope` is no option.',
    '`--port` (WATCHER_PORT) is "x", from --port; it has to be a number, 0 or more, 65535 at most.',
    'invalid cassandra options: at least one cassandra host must be given',
    'invalid cassandra options: CQL port must be in range [1,65535]',
    'invalid cassandra options: for SimpleStrategy, one single replication factor must be given',
    "invalid cassandra options: for SimpleStrategy, a replication factor with key 'cluster' is required",
    'invalid cassandra options: WriteBufferSize must be a positive value',
  ]);
  const problems = (argv: string[]) => {
    try {
      serveSettings({ argv: ['--store=cassandra', ...argv], env: {} });
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.equal(
    problems(['--cassandra-replication-strategy=Other', '--cassandra-write-concurrency=0']),
    'invalid cassandra options: invalid replication strategy: must be one of [SimpleStrategy NetworkTopologyStrategy]\n' +
      'invalid cassandra options: WriteConcurrency must be a positive value',
  );
  assert.equal(
    problems(['--cassandra-replication-strategy=NetworkTopologyStrategy', '--cassandra-replication-factors={}']),
    'invalid cassandra options: for NetworkTopologyStrategy, one replication factor must be given for each datacenter',
  );
  assert.match(problems(['--cassandra-keyspace=a-b']), /no keyspace given/);
});
