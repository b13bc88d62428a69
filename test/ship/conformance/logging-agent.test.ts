// What ship has taken over from logging-agent (A), and what it does better.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { shipEndpoints } from '../../../src/ship/endpoints.ts';
import { createShipMetrics } from '../../../src/ship/metrics.ts';
import { checkShip } from '../../../src/ship/run.ts';
import { shipSettings } from '../../../src/ship/settings.ts';
import { mask } from '../../../src/system/secrets.ts';
import { end, launch, until, watching } from '../../support/program.ts';
import {
  home,
  usual,
  cri,
  docker,
  numbers,
  place,
  processOf,
  start,
  lokiFor,
  settingsOf,
  problemsOf,
} from '../../support/ships.ts';

test('A-01 -config f, --config f and -config=f are the same; a missing or broken file is one line and no 0', async (t) => {
  const { root, put } = place(t);
  const config = put('config.yaml', `paths: ['${root}/none/*.log']\n`);
  const env = { PATH: process.env['PATH'] };
  const spoken = [['-config', config], ['--config', config], [`-config=${config}`]];
  const said = await Promise.all(spoken.map((words) => end(launch(['ship', ...words, '--check'], env))));
  for (const { code, stdout } of said) assert.deepEqual([code, stdout], [0, said[0]?.stdout]);
  const broken = put('broken.yaml', 'a: [');
  for (const path of [broken, join(root, 'missing.yaml')]) {
    const problems = problemsOf(['--config', path]);
    assert.ok(problems[0]?.includes(path), problems[0]);
  }
});
test('A-01 without the flag, and where nothing else is named, the default path is read', () => {
  const usual = '/etc/logging-agent/config.yaml';
  const asked: string[] = [];
  const disk = (there: boolean) => ({
    read: (path: string) => (asked.push(path), 'agent: { collection: { logPaths: [/from/usual/*.log] } }'),
    kind: (path: string) => (there && path === usual ? ('other' as const) : ('missing' as const)),
    absolute: (path: string) => path,
  });
  assert.deepEqual(shipSettings({ argv: [], env: {} }, [], disk(true)).core.paths, ['/from/usual/*.log']);
  assert.deepEqual(asked, [usual]);
  assert.deepEqual(shipSettings({ argv: ['--paths', '/own'], env: {} }, [], disk(true)).core.paths, ['/own']);
  assert.deepEqual(asked, [usual], 'who names paths has nothing of it');
  assert.throws(() => shipSettings({ argv: [], env: {} }, [], disk(false)), /--config/);
});

test('A-02 each key is read, variables win, durations parse, secrets are masked', async (t) => {
  const { put } = place(t);
  const config = put(
    'config.yaml',
    `agent: { logLevel: warn, outputPath: x, nodeName: from-file, podName: p, namespace: n, collection:
  { interval: "500ms", batchSize: 100, maxLineLength: 16384, logChanSize: 10000, logPaths: [/none/*.log] } }
loki: { url: "http://127.0.0.1:1/push", batchwait: 1m30s, batchsize: 1000, timeout: 3s, tenant_id: team,
  backoff_config: { min_period: 100ms, max_period: 5m, max_retries: 10 }, external_labels: { a: b }, headers: { x: y },
  basic_auth: { username: me, password: hidden-word }, proxy_url: "http://127.0.0.1:2", drop_rate_limited_batches: false,
  tls_config: { ca_file: /ca, cert_file: /cert, key_file: /key, server_name: name, insecure_skip_verify: true } }
httpServer: { address: ":9", readTimeout: 5s, writeTimeout: 10s, idleTimeout: 15s }\n`,
  );
  const { core, destinations, warnings } = settingsOf(['--config', config], { NODE_NAME: 'from-env' });
  assert.deepEqual(warnings, []);
  assert.deepEqual(
    [core['log-level'], core['node-name'], core['own-pod-name'], core['own-namespace'], core.interval],
    ['warn', 'from-env', 'p', 'n', 0.5],
  );
  assert.deepEqual([core['max-line'], core.paths, core['status-address']], [16_384, ['/none/*.log'], ':9']);
  const [one] = destinations;
  assert.deepEqual([one?.batchWait, one?.batchSize, one?.tenant], [90_000, 1000, 'team']);
  assert.deepEqual(one?.backoff, { least: 100, most: 300_000, retries: 0 });
  assert.deepEqual(one?.externalLabels, { a: 'b' });
  assert.deepEqual(one?.connection, {
    url: 'http://127.0.0.1:1/push',
    headers: { x: 'y' },
    timeout: 3000,
    basic: { user: 'me', passwordFile: undefined, password: 'hidden-word' },
    bearer: undefined,
    tls: { caFile: '/ca', certFile: '/cert', keyFile: '/key', serverName: 'name', insecure: true },
    proxy: 'http://127.0.0.1:2',
  });
  const { process, text } = processOf(['--config', config]);
  checkShip(shipSettings(process, []), process);
  await until('the report', () => text.out.includes('}\n'));
  assert.ok(!text.out.includes('hidden-word') && text.out.includes('"user": "me"'));
});
test('A-02 an unknown key is a warning that names it, or a problem; sizes of zero and less are problems', (t) => {
  const { put } = place(t);
  const unknown = put('unknown.yaml', 'agent: { collection: { logPaths: [/none], wrong: 1 } }');
  assert.match(settingsOf(['--config', unknown]).warnings.join(), /agent\.collection\.wrong/);
  assert.match(problemsOf(['--config', unknown, '--strict-config']).join(), /agent\.collection\.wrong/);
  for (const [i, size] of ['batchSize: 0', 'logChanSize: -1', 'maxLineLength: 0', 'interval: 0s'].entries()) {
    const path = put(`size-${i}.yaml`, `agent: { collection: { logPaths: [/none], ${size} } }`);
    assert.equal(problemsOf(['--config', path]).length, 1, size);
  }
});
for (const form of ['flat', 'original'])
  test(`A-02 oauth2 (${form}): a token is asked for, kept while it lasts, and asked for anew when it is refused`, async (t) => {
    const { put, pod, pods } = place(t);
    const loki = await lokiFor(t);
    const issued: string[] = [];
    const seen: unknown[] = [];
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        seen.push([
          request.headers.authorization,
          Object.fromEntries(new URLSearchParams(Buffer.concat(parts).toString())),
        ]);
        issued.push(`token-${issued.length}`);
        response.end(JSON.stringify({ access_token: issued.at(-1), token_type: 'bearer', expires_in: 3600 }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => (server.closeAllConnections(), server.close()));
    const secret = put('secret', 'very secret\n');
    const oauth2 = {
      client_id: 'me',
      client_secret_file: secret,
      token_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
      scopes: ['logs', 'write'],
      endpoint_params: { audience: 'loki' },
    };
    const flat = { paths: [pods], url: loki.url, oauth2 };
    const collection = { interval: '100ms', logPaths: [pods] };
    const original = { agent: { collection }, loki: { url: loki.url, oauth2 } };
    const config = put('config.json', JSON.stringify(form === 'flat' ? flat : original));
    assert.deepEqual(settingsOf(['--config', config]).warnings, []);
    pod('web', cri('one'));
    await start(t, ['--config', config]);
    await until('the first', () => loki.stored === 1);
    pod('web', cri('two'));
    await until('the second', () => loki.stored === 2);
    assert.deepEqual(seen, [
      [
        `Basic ${Buffer.from('me:very%20secret').toString('base64')}`,
        { grant_type: 'client_credentials', scope: 'logs write', audience: 'loki' },
      ],
    ]);
    loki.faults.push({ status: 401 });
    pod('web', cri('three'));
    await until('the third', () => loki.stored === 3);
    const sent = loki.requests.map(({ headers }) => headers.authorization);
    assert.deepEqual(
      sent,
      ['token-0', 'token-0', 'token-0', 'token-1'].map((token) => `Bearer ${token}`),
    );
    assert.equal(mask('very secret token-1'), '*** ***');
  });
test('A-02 oauth2 that is incomplete or unknown in part is a problem', (t) => {
  const { put } = place(t);
  const path = put(
    'config.yaml',
    'paths: [/none]\nurl: http://127.0.0.1:1/\noauth2: { client: me, token_url: nowhere }\n',
  );
  const said = problemsOf(['--config', path]).join('\n');
  for (const word of ['oauth2.client`', 'oauth2.client_id', 'oauth2.token_url']) assert.ok(said.includes(word), word);
});

test('A-03 without a url a line is on stdout in the form of the agent, with its own time and level', async (t) => {
  const { root, put, pod } = place(t);
  const path = pod('web', '');
  const config = put(
    'config.yaml',
    `agent: { collection: { interval: 100ms, logPaths: ["${root}/pods/*/*/*.log"] } }\n`,
  );
  const { lines } = await start(t, ['--config', config]);
  appendFileSync(path, cri('hello') + cri('wrong', { stream: 'stderr' }));
  await until('both', () => lines().length === 2);
  const at = '2026-01-02T03:04:05Z';
  assert.deepEqual(lines(), [`[${at}] [info] [node-1] ${path}: hello`, `[${at}] [error] [node-1] ${path}: wrong`]);
});
test('A-03 --raw: each line with the words of the runtime, at the time of reading, as info', async (t) => {
  const { pod, pods } = place(t);
  const path = pod('web', '');
  const { lines, get } = await start(t, ['--paths', pods, '--encoding', 'agent', '--raw']);
  const written = [cri('half', { tag: 'P' }), cri('wrong', { stream: 'stderr' }), docker('docker\n')];
  appendFileSync(path, written.join(''));
  await until('all', () => lines().length === 3);
  const told = lines().map((line) => /^\[(.*?)\] \[info\] \[node-1\] (.*?): (.*)$/.exec(line));
  assert.deepEqual(
    told.map((match) => match?.slice(2)),
    written.map((text) => [path, text.trimEnd()]),
  );
  for (const match of told) assert.ok(Math.abs(Date.parse(match?.[1] ?? '') - Date.now()) < 60_000);
  assert.match((await get('/metrics')).body, /^logwatch_ship_plain_lines_total\{.*\} 0$/m);
});

for (const encoding of ['protobuf', 'json'])
  test(`A-04 ${encoding}: one POST to the url with labels and line, the time is that of the line`, async (t) => {
    const { pod, pods } = place(t);
    const loki = await lokiFor(t, 'team');
    const path = pod('web', cri('hello'));
    await start(t, ['--paths', pods, '--url', loki.url, '--encoding', encoding, '--tenant', 'team']);
    await until('the line', () => loki.entries.length > 0);
    const labels = { namespace: 'default', pod: 'web', container: 'app', stream: 'stdout', node: 'node-1' };
    const time = BigInt(Date.UTC(2026, 0, 2, 3, 4, 5)) * 1_000_000n + 6n;
    assert.deepEqual(loki.entries, [{ labels, time, line: 'hello', metadata: { path, pod_uid: 'uid-web' } }]);
    assert.equal(loki.requests.length, 1);
    const type = encoding === 'json' ? 'application/json' : 'application/x-protobuf';
    assert.equal(loki.requests[0]?.headers['content-type'], type);
  });

test('A-05 a batch leaves after its wait, or when the next line would pass its size, of 1 MiB by default', async (t) => {
  const { pod, pods } = place(t);
  const loki = await lokiFor(t);
  pod(
    'web',
    numbers(3000)
      .map((i) => cri(`${i} ${'x'.repeat(1000)}`))
      .join(''),
  );
  await start(t, ['--paths', pods, '--url', loki.url, '--batch-wait', '0.2']);
  await until('all', () => loki.entries.length === 3000);
  const sizes = loki.requests.map(({ raw }) => raw);
  assert.ok(sizes.length >= 3 && sizes.every((size) => size <= 1_048_576), String(sizes));
  pod('web', cri('alone'));
  await until('the last', () => loki.lines().includes('alone'));
});

test('A-06 500, 500, 429 are repeated with the same bytes, 400 is not and is counted; nothing is lost after many', async (t) => {
  const { pod, pods } = place(t);
  const loki = await lokiFor(t);
  const failing = Array.from({ length: 14 }, (_, i) => ({ status: i % 3 === 2 ? 429 : 500 }));
  loki.faults.push(...failing);
  pod('web', cri('once'));
  const { get } = await start(t, ['--paths', pods, '--url', loki.url, '--backoff-most', '0.03']);
  await until('the line', () => loki.entries.length === 1);
  assert.equal(loki.requests.length, 15);
  assert.equal(new Set(loki.requests.map(({ bytes }) => bytes)).size, 1);
  assert.equal(loki.stored, 1);
  loki.faults.push({ status: 400 });
  pod('web', cri('refused'));
  const dropped = /^logwatch_ship_dropped_lines_total\{.*reason="http-400".*\} 1$/m;
  await until('it to be counted', async () => dropped.test((await get('/metrics')).body));
  assert.equal(loki.requests.length, 16);
  const { body } = await get('/metrics');
  const { host } = new URL(loki.url);
  for (const line of [
    `promtail_dropped_entries_total{host="${host}",reason="ingester_error"} 1`,
    `promtail_sent_entries_total{host="${host}"} 1`,
    `promtail_batch_retries_total{host="${host}"} 14`,
  ])
    assert.ok(body.includes(`${line}\n`), body);
});

test('A-07 tenant, basic and bearer authorization, headers and external labels arrive', async (t) => {
  const { put, pod, pods } = place(t);
  const loki = await lokiFor(t);
  pod('web', cri('a'));
  const common = { paths: [pods], 'external-labels': { cluster: 'c' }, headers: { 'X-More': 'yes' }, tenant: 'team' };
  const destinations = [
    { name: 'one', url: loki.url, user: 'me', password: 'w' },
    { name: 'two', url: loki.url, token: 'tok' },
  ];
  const config = put('config.json', JSON.stringify({ ...common, destinations }));
  await start(t, ['--config', config]);
  await until('both', () => loki.stored === 2);
  const headers = loki.requests.map(({ headers }) => headers);
  const basic = `Basic ${Buffer.from('me:w').toString('base64')}`;
  assert.deepEqual(new Set(headers.map(({ authorization }) => authorization)), new Set([basic, 'Bearer tok']));
  assert.ok(headers.every((one) => one['x-scope-orgid'] === 'team' && one['x-more'] === 'yes'));
  assert.equal(loki.entries[0]?.labels['cluster'], 'c');
});

test('A-08 25 files with 5 lines each in one second: all arrive', async (t) => {
  const { pod, pods } = place(t);
  const loki = await lokiFor(t);
  await start(t, ['--paths', pods, '--url', loki.url]);
  for (let i = 0; i < 25; i++)
    pod(
      `web-${i}`,
      numbers(5)
        .map((n) => cri(`${i}:${n}`))
        .join(''),
    );
  await until('all', () => loki.entries.length === 125);
  assert.equal(loki.stored, 125);
});

test('A-09 20,000 lines at once: all, in order, once', async (t) => {
  const { pod, pods } = place(t);
  const loki = await lokiFor(t);
  const wanted = numbers(20_000).map((i) => `${i} `.padEnd(100, 'x'));
  const path = pod('web', '');
  await start(t, ['--paths', pods, '--url', loki.url]);
  appendFileSync(path, wanted.map((line) => cri(line)).join(''));
  await until('all', () => loki.stored >= 20_000);
  assert.deepEqual([loki.lines(), loki.stored], [wanted, 20_000]);
});

test('A-10 lines of 17,000 bytes and of 2 MiB: the one after them arrives, nothing twice', async (t) => {
  const { pod, pods } = place(t);
  const loki = await lokiFor(t);
  // Pieces that are alike would be one to Loki.
  const long = numbers(300_000).join(' ');
  pod('web', cri('a'.repeat(17_000)) + cri(long) + cri('after'));
  await start(t, ['--paths', pods, '--url', loki.url]);
  await until('the last', () => loki.lines().includes('after'));
  assert.equal(loki.entries[0]?.line.length, 17_000);
  assert.equal(loki.lines().slice(1, -1).join(''), long);
});

test('A-11 halves, parts, formats, rotation, cut, bytes that are no text: as the sequences show, to Loki', async (t) => {
  const { pod, pods } = place(t);
  const loki = await lokiFor(t);
  const path = pod(
    'web',
    cri('one ', { tag: 'P' }) + cri('wrong', { stream: 'stderr' }) + cri('line') + docker('old\n'),
  );
  await start(t, ['--paths', pods, '--url', loki.url]);
  await until('three', () => loki.stored === 3);
  appendFileSync(path, cri('half of it').slice(0, -6));
  renameSync(path, `${path}.20260102-030405`);
  appendFileSync(`${path}.20260102-030405`, 'of it\n');
  writeFileSync(path, Buffer.concat([Buffer.from(cri('new')), Buffer.from([0xff]), Buffer.from('\r\n')]));
  await until('three more', () => loki.stored === 6);
  truncateSync(path);
  await until('the cut', async () => (appendFileSync(path, ''), loki.stored === 6));
  appendFileSync(path, cri('cut'));
  await until('the last', () => loki.lines().includes('cut'));
  assert.deepEqual(
    loki.lines().toSorted(),
    ['one line', 'wrong', 'old', 'half of it', 'new', '\ufffd', 'cut'].toSorted(),
  );
});

test('A-12 /healthz, /status and log_lines; not ready before the first look and while the backend refuses', async (t) => {
  const { pod, pods } = place(t);
  const loki = await lokiFor(t);
  pod('web', cri('a'));
  const { get, run } = await start(t, ['--paths', pods, '--url', loki.url], {}, false);
  assert.deepEqual([(await get('/healthz')).status, (await get('/status')).status], [200, 503]);
  loki.faults.push(...Array.from({ length: 1000 }, () => ({ status: 503 })));
  void run();
  await until('the first look', () => loki.requests.length > 0);
  await until('the refusal to last', async () => (await get('/status')).status === 503);
  assert.equal((await get('/healthz')).status, 200);
  loki.faults.length = 0;
  await until('it to be ready', async () => (await get('/status')).status === 200);
  assert.match((await get('/metrics')).body, /^log_lines\{.*node_name="node-1".*\} 1$/m);
});
test('A-12 promtool reads the metrics, and has nothing to say but of the name that is kept', async (t) => {
  const { pod, pods } = place(t);
  const loki = await lokiFor(t);
  pod('web', cri('a'));
  const { get } = await start(t, ['--paths', pods, '--url', loki.url]);
  await until('the line', () => loki.stored === 1);
  const { body } = await get('/metrics');
  const promtool = spawnSync('promtool', ['check', 'metrics'], { input: body, encoding: 'utf8' });
  if (promtool.error) return t.skip('there is no promtool');
  const said = `${promtool.stdout}${promtool.stderr}`.trim().split('\n');
  assert.deepEqual(
    said.filter((line) => !line.startsWith('log_lines ')),
    [],
  );
});

test('A-12 log_lines counts by the pattern that has found the file', async (t) => {
  const { root, put } = place(t);
  put('a/1.log', 'one\n');
  put('b/1.log', 'one\ntwo\n');
  const [first, second] = [`${root}/a/*.log`, `${root}/b/*.log`];
  const { get, lines } = await start(t, ['--paths', `${first},${second}`]);
  await until('all', () => lines().length === 3);
  const { body } = await get('/metrics');
  const counted = [...body.matchAll(/^log_lines\{log_file_name_pattern="(.*?)",node_name="node-1"\} (\d+)$/gm)];
  assert.deepEqual(
    counted.map(([, pattern, count]) => [pattern, count]),
    [
      [first, '1'],
      [second, '2'],
    ],
  );
});
test('A-12 /healthz is 503 once the reader of a destination has not gone round for 30 s, and only then', async () => {
  const reader = { files: 1, open: 1, lag: 0, behind: 0, problems: [] };
  const healthz = async (ticks: number[]) => {
    const destinations = ticks.map((tick, i) => ({
      name: `to-${i}`,
      failing: 1e9,
      detail: 'down',
      pipeline: { ...reader, tick },
    }));
    const state = () => ({ scanned: true, problems: [], destinations });
    const ship = { state, measure: () => undefined, run: () => Promise.resolve() };
    return shipEndpoints(ship, createShipMetrics(), 100)['/healthz']?.(new URLSearchParams());
  };
  assert.equal((await healthz([0, 29_000]))?.status, 200);
  const stuck = await healthz([0, 31_000]);
  assert.equal(stuck?.status, 503);
  assert.match(stuck?.body ?? '', /"to-1": \{\s*"ok": false/);
});

test('A-13 ** matches two and more levels; what two names lead to is sent once', async (t) => {
  const { root, put, pod, pods } = place(t);
  const loki = await lokiFor(t);
  const path = pod('web', cri('two levels'));
  put('pods/x/y/z/deep.log', 'five levels\n');
  mkdirSync(join(root, 'containers'));
  symlinkSync(path, join(root, `containers/web_default_app-${'0'.repeat(64)}.log`));
  await start(t, ['--paths', `${pods},${root}/containers/*.log`, '--url', loki.url]);
  await until('both', () => loki.stored >= 2);
  pod('web', cri('last'));
  await until('the last', () => loki.lines().includes('last'));
  assert.deepEqual([loki.lines().toSorted(), loki.stored], [['five levels', 'last', 'two levels'], 3]);
});

test('A-14 labels are bounded: five by default, path and uid beside them; labels: original gives the four', async (t) => {
  const { put, pod, pods, root } = place(t);
  const loki = await lokiFor(t);
  const path = pod('web', cri('a'));
  const collection = { collection: { interval: '100ms', logPaths: [join(root, 'pods/*/*/*.log')] } };
  const original = put(
    'original.json',
    JSON.stringify({ agent: collection, loki: { url: loki.url, labels: 'original', batchwait: '20ms' } }),
  );
  const first = await start(t, ['--config', original]);
  await until('the line', () => loki.entries.length === 1);
  await first.stop();
  await start(t, ['--paths', pods, '--url', loki.url]);
  await until('the line again', () => loki.entries.length === 2);
  const four = { app: 'logging-agent', level: 'info', node: 'node-1', source: path };
  assert.deepEqual(loki.entries[0]?.labels, four);
  assert.deepEqual(loki.entries[0]?.metadata, {});
  assert.deepEqual(Object.keys(loki.entries[1]?.labels ?? {}).sort(), [
    'container',
    'namespace',
    'node',
    'pod',
    'stream',
  ]);
});

test('A-15 several patterns, files that come later, patterns that leave out', async (t) => {
  const { root, put } = place(t);
  put('a/1.log', 'a1\n');
  const { lines } = await start(t, [
    '--paths',
    `${root}/a/*.log,${root}/b/*.log`,
    '--exclude',
    'no*.log',
    '--encoding',
    'loggy',
  ]);
  put('a/no.log', 'left out\n');
  put('b/2.log', 'b2\n');
  put('a/3.log', 'a3\n');
  await until('three', () => lines().length >= 3);
  assert.deepEqual(
    lines()
      .map((line) => line.split(' : ')[1] ?? '')
      .toSorted(),
    ['a1', 'a3', 'b2'],
  );
});

test('A-16 when it is asked to end it reads on, sends, saves and ends with 0; a second signal ends it at once', async (t) => {
  const { root, pod, pods } = place(t);
  const loki = await lokiFor(t);
  const path = pod('web', cri('first'));
  const args = ['--paths', pods, '--url', loki.url, '--state-path', join(root, 'state'), '--status-address', 'off'];
  const begin = () => {
    const child = launch(['ship', ...usual, ...args], { PATH: process.env['PATH'] });
    t.after(() => child.kill('SIGKILL'));
    return watching(child);
  };
  const one = begin();
  await until('the first', () => loki.stored === 1);
  appendFileSync(
    path,
    numbers(2000)
      .map((i) => cri(i))
      .join(''),
  );
  assert.equal((await one.stop('SIGTERM')).code, 0);
  assert.equal(loki.stored, 2001);
  // Nothing is taken now: the first signal waits, the second does not.
  loki.faults.push(...Array.from({ length: 1000 }, () => ({ status: 503 })));
  appendFileSync(path, cri('waiting'));
  const two = begin();
  const before = loki.requests.length;
  await until('a try', () => loki.requests.length > before);
  two.child.kill('SIGTERM');
  const tries = loki.requests.length;
  await until('more tries', () => loki.requests.length > tries + 1);
  assert.equal((await two.stop('SIGINT')).code, 1);
  loki.faults.length = 0;
  const three = await start(t, args);
  await until('what waited', () => loki.lines().includes('waiting'));
  await three.stop();
  assert.equal(loki.stored, 2002, 'and none twice');
});

test('A-17 the own lines are not collected: those of the own pod', async (t) => {
  const { pod, pods } = place(t);
  pod('me', cri('own'), 'logging');
  pod('me', cri('of another'), 'default');
  const { lines } = await start(t, ['--paths', pods, '--encoding', 'loggy'], {
    POD_NAME: 'me',
    POD_NAMESPACE: 'logging',
  });
  await until('the one', () => lines().length > 0);
  pod('me', cri('own again'), 'logging');
  pod('me', cri('last'), 'default');
  await until('the last', () => lines().some((line) => line.endsWith('last')));
  assert.deepEqual(lines(), ['me_default_app/[info] : of another', 'me_default_app/[info] : last']);
});
test('A-17 the own lines are not collected: those of the file that stdout leads to', async (t) => {
  const { put, pod, pods } = place(t);
  const out = put('pods/out.log', '');
  const fd = openSync(out, 'a');
  const args = ['ship', ...usual, '--paths', pods, '--encoding', 'loggy', '--status-address', 'off'];
  const child = spawn(process.execPath, [join(home, 'src/main.ts'), ...args], { stdio: ['ignore', fd, 'ignore'] });
  closeSync(fd);
  t.after(() => child.kill('SIGKILL'));
  const said = () => readFileSync(out, 'utf8');
  for (const text of ['one', 'two', 'three']) {
    pod('web', cri(text));
    await until(text, () => said().includes(text));
  }
  assert.equal(said(), ['one', 'two', 'three'].map((text) => `web_default_app/[info] : ${text}\n`).join(''));
});
test('A-19 the image starts the program', () => {
  assert.match(readFileSync(join(home, 'Dockerfile'), 'utf8'), /^ENTRYPOINT \["node",.* "\/app\/main\.js"\]$/m);
});
test('A-19 the command of the old image runs: its path is read, and one line tells if it is not there', async (t) => {
  const { root } = place(t);
  const path = join(root, 'etc/logging-agent/config.yaml');
  const run = () => end(launch(['ship', '--config', path, '--check'], { PATH: process.env['PATH'] }));
  const { code, stderr } = await run();
  assert.notEqual(code, 0);
  assert.equal(
    stderr
      .trim()
      .split('\n')
      .filter((line) => line.includes(path)).length,
    1,
  );
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `agent: { collection: { logPaths: ["${root}/none/*.log"] } }\n`);
  const good = await run();
  assert.equal(good.code, 0);
  assert.match(good.stdout, /"status-address": ":8080"/);
});
