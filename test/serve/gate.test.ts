import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { after, test, type TestContext } from 'node:test';
import { connect, type PeerCertificate } from 'node:tls';
import { files } from '../../src/config/files.ts';
import { createGate } from '../../src/serve/http/gate.ts';
import { routes } from '../../src/serve/routes.ts';
import { serveSettings } from '../../src/serve/settings.ts';
import { createLog } from '../../src/system/log.ts';
import { end, launch, until, watching } from '../support/program.ts';
import { makeCertificate } from '../support/tls.ts';
import { memoryStore, serving } from './serving.ts';

const root = mkdtempSync(join(tmpdir(), 'serve-gate-'));
after(() => rmSync(root, { recursive: true }));
const file = (name: string, text: string) => {
  writeFileSync(join(root, name), text);
  return join(root, name);
};
const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;

async function guarded(t: TestContext, argv: readonly string[]) {
  const gate = createGate(serveSettings({ argv, env: {} }), files);
  const logged: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      logged.push(line);
      done();
    },
  });
  const log = createLog('debug', stream);
  const { url } = await serving(t, memoryStore(), [...argv, '--access-log'], { gate, log });
  const ask = async (path: string, authorization?: string, method = 'GET') => {
    const answer = await fetch(url + path, {
      method,
      ...(method === 'POST' && { body: '[]' }),
      headers: authorization === undefined ? {} : { authorization },
    });
    await answer.text();
    return answer.status;
  };
  return { ask, url, gate, logged };
}

const query = '/query?namespace=a&pod_name=b&container_name=c&start_time=2018-01-01T00:00:00Z';

test('B-21: writing, reading and probing have credentials of their own', async (t) => {
  const { ask, url } = await guarded(t, [
    `--write-tokens=${file('write', '# of the nodes\nw7token1\nw7token2\n')}`,
    `--read-users=${file('read', 'ann:r7pass\nbob:p8:w8 – é\n')}`,
    `--read-tokens=${file('readers', 'r7token')}`,
    `--probe-tokens=${file('probe', 'p7token')}`,
  ]);
  for (const token of ['w7token1', 'w7token2']) assert.equal(await ask('/write', `Bearer ${token}`, 'POST'), 200);
  for (const pair of ['ann:r7pass', 'bob:p8:w8 – é']) assert.equal(await ask(query, basic(pair)), 200);
  assert.equal(await ask(query, 'bearer r7token'), 200);
  for (const path of ['/metrics', '/livez', '/readyz', '/write']) {
    assert.equal(await ask(path, 'Bearer p7token'), 200, path);
    assert.equal(await ask(path), 401, path);
  }
  for (const wrong of [
    undefined,
    '',
    'Bearer',
    'Bearer x',
    'Bearer r7token',
    basic('ann:r7pass'),
    'Basic !',
    'Bearer p7token',
  ])
    assert.equal(await ask('/write', wrong, 'POST'), 401, wrong);
  for (const wrong of [basic('ann:'), basic('ann'), basic('eve:r7pass'), 'Bearer w7token1', 'Bearer ann:r7pass'])
    assert.equal(await ask(query, wrong), 401, wrong);
  const answer = await fetch(url + query);
  assert.deepEqual(
    [answer.headers.get('www-authenticate'), await answer.text()],
    ['Basic realm="kube-log-watcher", charset="UTF-8", Bearer realm="kube-log-watcher"', 'unauthorized\n'],
  );
  // The page asks by itself; a challenge that browsers know would have them ask in front of it.
  const quiet = await fetch(url + query, { headers: { 'x-requested-with': 'fetch' } });
  assert.deepEqual(
    [quiet.status, quiet.headers.get('www-authenticate')],
    [401, 'xBasic realm="kube-log-watcher", charset="UTF-8", Bearer realm="kube-log-watcher"'],
  );
  await quiet.text();
  assert.equal(await ask('/nowhere'), 404);
});

test('the page is had without credentials, since it holds no logs; all that does is not', async (t) => {
  const { ask } = await guarded(t, [`--read-tokens=${file('page', 'r8token')}`]);
  for (const path of ['/', '/page/main.js', '/page/style.css']) {
    assert.equal(await ask(path), 200, path);
    // Whoever sends what they have gets it too, right or wrong.
    assert.equal(await ask(path, 'Bearer nonsense'), 200, path);
  }
  for (const { path, access } of routes.filter(({ access }) => access === 'read'))
    assert.equal(await ask(path.replace('*', 'x')), 401, `${path} ${access}`);
  assert.deepEqual(
    routes.flatMap(({ path, access }) => (access === 'page' ? [path] : [])),
    ['/', '/page/*'],
  );
});

test('B-21: without credentials all is open; nothing secret is in the log', async (t) => {
  const { ask, logged } = await guarded(t, [`--write-users=${file('users', 'fluent:b7pass')}`]);
  assert.equal(await ask(query), 200);
  assert.equal(await ask('/metrics'), 200);
  assert.equal(await ask('/write?password=b7pass', basic('fluent:b7pass'), 'POST'), 200);
  assert.equal(await ask('/b7pass'), 404);
  await until('four lines', () => logged.length === 4);
  const lines = logged.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    lines.map(({ level, message, method, path, route, status, user }) => [
      level,
      message,
      method,
      path,
      route,
      status,
      user,
    ]),
    [
      ['info', 'request', 'GET', '/query', '/query', 200, undefined],
      ['debug', 'request', 'GET', '/metrics', '/metrics', 200, undefined],
      ['info', 'request', 'POST', '/write', '/write', 200, 'fluent'],
      ['info', 'request', 'GET', '/***', 'other', 404, undefined],
    ],
  );
  assert.doesNotMatch(logged.join(''), /b7pass|Zmx1ZW50/);
});

test('credentials that are changed take effect; what is wrong leaves all as it was', async (t) => {
  const path = file('tokens', 't7old');
  const { ask, gate } = await guarded(t, [`--write-tokens=${path}`]);
  file('tokens', 't7old\nt7new');
  gate.reload();
  assert.equal(await ask('/write', 'Bearer t7new', 'POST'), 200);
  file('tokens', '\n# nothing\n');
  assert.throws(() => gate.reload(), /`--write-tokens` names .*tokens, which holds nothing\./);
  assert.equal(await ask('/write', 'Bearer t7old', 'POST'), 200);
});

test('what is wrong with files of credentials is told at once, without what is in them', () => {
  const argv = [
    `--write-tokens=${join(root, 'none')}`,
    `--read-users=${file('bad', 'good:g7pass\nno-colon\n')}`,
    `--probe-tokens=${file('empty', '')}`,
  ];
  assert.throws(
    () => createGate(serveSettings({ argv, env: {} }), files),
    (error: Error) => {
      assert.deepEqual(
        error.message.split('\n').map((line) => line.replaceAll(`${root}/`, '')),
        [
          "`--write-tokens` names none, which can't be read: there is no such file.",
          '`--read-users` names bad, whose line 2 is not user:password.',
          '`--probe-tokens` names empty, which holds nothing.',
        ],
      );
      return true;
    },
  );
});

test('TLS: from files, which are read again when they change; those of clients too', async (t) => {
  const [first, second] = [mkdtempSync(join(root, 'tls-')), mkdtempSync(join(root, 'tls-'))];
  const made = await makeCertificate(first);
  const other = await makeCertificate(second);
  if (!made || !other) return t.skip('there is no openssl');
  const [cert, key] = [join(first, 'cert.pem'), join(first, 'key.pem')];
  const client = file('client.pem', other.cert);
  const args = ['--port=0', '--bind-address=127.0.0.1', `--data-path=${join(first, 'data')}`];
  const tls = [`--tls-cert-file=${cert}`, `--tls-key-file=${key}`];
  const mutual = [`--tls-client-ca-file=${client}`];
  const program = watching(launch(['serve', ...args, ...tls, ...mutual], { PATH: process.env['PATH'] }));
  await until('the start', () => program.url !== '', 120_000);
  const port = Number(new URL(program.url).port);
  const ask = (identity: { cert?: string; key?: string }) =>
    new Promise<string>((resolve) => {
      const options = { port, path: '/livez', rejectUnauthorized: false, agent: false as const, ...identity };
      request({ ...options, host: '127.0.0.1' }, (answer) => resolve(String(answer.statusCode)))
        .on('error', (error) => resolve(error.message))
        .end();
    });
  assert.equal(await ask(other), '200');
  assert.match(await ask({}), /alert|reset|hang up|EPIPE|closed/i);
  const served = () =>
    new Promise<PeerCertificate>((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...other }, () => {
        resolve(socket.getPeerCertificate());
        socket.destroy();
      }).on('error', reject);
    });
  const before = (await served()).fingerprint256;
  // A half written pair is refused, and the one before stays.
  writeFileSync(`${cert}.new`, other.cert);
  renameSync(`${cert}.new`, cert);
  await until('the refusal', () =>
    program.lines.some(({ message }) => message.startsWith('changed credentials are refused')),
  );
  assert.equal((await served()).fingerprint256, before);
  writeFileSync(`${key}.new`, readFileSync(join(second, 'key.pem')));
  renameSync(`${key}.new`, key);
  await until('the new certificate', async () => (await served()).fingerprint256 !== before);
  assert.equal((await program.stop()).code, 0);

  file('wrong-key.pem', made.key);
  const wrong = launch(
    ['serve', ...args, `--tls-cert-file=${cert}`, `--tls-key-file=${join(root, 'wrong-key.pem')}`],
    {},
  );
  const { code, stderr } = await end(wrong);
  assert.equal(code, 2);
  assert.match(stderr, /^`--tls-cert-file` and `--tls-key-file` do not fit: /m);
});
