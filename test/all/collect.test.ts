import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, mkdirSync, renameSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createApiServer } from '../support/api-server.ts';
import { createNode } from '../support/node.ts';
import { makePod } from '../support/pods.ts';
import { freePort } from '../support/port.ts';
import { end, launch, until, type Env } from '../support/program.ts';
import { temporaryDirectory } from '../support/tree.ts';

/** A directory of its own, and the program started there; each start is a new process on the same data. */
async function place(t: TestContext) {
  const root = await temporaryDirectory(t);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const at = (name: string) => {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    return path;
  };
  const get = async (path: string) => {
    const answer = await fetch(url + path);
    const text = await answer.text();
    return answer.status === 200 ? (JSON.parse(text) as unknown) : answer.status;
  };
  const flags = ['--data-path', join(root, 'data'), '--bind-address', '127.0.0.1', '--port', String(port)];
  const quick = { PATH: process.env['PATH'], WATCHER_INTERVAL: '0.2' };
  return {
    root,
    at,
    write: (name: string, text: string) => appendFileSync(at(name), text),
    link: (to: string, name: string) => symlinkSync(to, at(name)),
    run: (args: readonly string[], env: Env = {}) =>
      end(launch(['serve', '--collect', ...flags, ...args], { ...quick, ...env }, undefined, root)),
    /** Resolves once it answers; from then on all that is written is collected. */
    async start(args: readonly string[], env: Env = {}) {
      const child = launch(['serve', '--collect', ...flags, ...args], { ...quick, ...env }, undefined, root);
      t.after(() => child.kill('SIGKILL'));
      const ended = end(child);
      let over = false;
      void ended.then(() => (over = true));
      await until('an answer', async () => over || (await fetch(`${url}/readyz`)).status > 0);
      if (over) assert.fail((await ended).stderr);
      return {
        async stop(signal: NodeJS.Signals = 'SIGTERM') {
          child.kill(signal);
          const { code, stderr } = await ended;
          return { code, errors: stderr.split('\n').filter((line) => line.includes('"level":"error"')) };
        },
      };
    },
    get,
    logs: (key: string, value: string) => get(`/logs/${encodeURIComponent(key)}/${value}`),
    status: async () => (await get('/status')) as { files_len: number; index_keys: string[] },
    /** Waits for these lines, and that no others come with them. */
    async holds(key: string, value: string, lines: readonly string[]) {
      const last = lines.at(-1);
      const path = `/logs/${encodeURIComponent(key)}/${value}`;
      await until(`${path} has ${last}`, async () => ((await get(path)) as string[]).includes(last ?? ''));
      assert.deepEqual(await get(path), lines);
    },
  };
}

const directory = ['--log-collector', 'Directory', '--root-path'];
const well = { code: 0, errors: [] };

test('C-02: the collector is told by flags or by variables, and what is wrong ends it', async (t) => {
  const { at, run, start, write, holds } = await place(t);
  mkdirSync(at('d'));
  mkdirSync(at('data'));
  write('file', '');
  const wrong: [args: string[], env: Env, told: RegExp][] = [
    [['--log-collector', 'Journal'], {}, /^`--log-collector`.*"Journal".*Directory, Kubernetes\.$/m],
    [[], { LOG_COLLECTOR: 'x' }, /"x", from LOG_COLLECTOR; .*Directory, Kubernetes\.$/m],
    [['--log-collector=directory'], {}, /^`--root-path` \(ROOT_PATH\) is required with .*\.\n$/],
    [[...directory, 'none'], {}, /^`--root-path` \(ROOT_PATH\) is "none"; .* exists\.\n$/],
    [['--root-path', 'file'], {}, /^`--root-path`.*directory that exists\.\n$/],
    [[...directory, 'none', '--store', 'paper'], {}, /`--store`[^]*`--root-path`/],
    [[...directory, 'data'], {}, /^`--root-path`.*the same directory as `--data-path`/],
    [[...directory, 'd'], { WATCHER_MAX_LINE: 'long' }, /WATCHER_MAX_LINE/],
  ];
  const ends = await Promise.all(wrong.map(async ([args, env, told]) => ({ ...(await run(args, env)), told })));
  for (const { code, stdout, stderr, told } of ends) {
    assert.deepEqual([code, stdout], [2, ''], stderr);
    assert.match(stderr, told);
  }

  for (const [args, env, line] of [
    [[...directory, 'd'], {}, 'flags'],
    [[], { LOG_COLLECTOR: 'Directory', ROOT_PATH: 'd' }, 'variables'],
  ] as const) {
    const program = await start(args, env);
    write(`d/${line}.log`, `${line}\n`);
    await holds('path', `d/${line}.log`, [line]);
    assert.deepEqual(await program.stop(), well);
  }
});

test('C-02: without --collect nothing is collected, and it is told', async (t) => {
  const { at, root } = await place(t);
  mkdirSync(at('d'));
  const port = String(await freePort());
  const child = launch(['serve', '--data-path', join(root, 'plain'), '--port', port], {
    PATH: process.env['PATH'],
    LOG_COLLECTOR: 'Directory',
    ROOT_PATH: at('d'),
  });
  const ended = end(child);
  await until('an answer', async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok);
  child.kill('SIGTERM');
  const { code, stderr } = await ended;
  assert.equal(code, 0);
  assert.match(stderr, /nothing is collected without --collect/);
});

test('C-03: a line that is written is there by its path; nothing else is', async (t) => {
  const { at, start, write, holds, status, logs } = await place(t);
  mkdirSync(at('d'));
  const program = await start([...directory, 'd']);
  assert.deepEqual(await status(), { files_len: 0, index_keys: [] });
  write('d/hello.log', 'hello!\n');
  await holds('path', 'd/hello.log', ['hello!']);
  assert.deepEqual(await status(), { files_len: 1, index_keys: ['path=d/hello.log'] });
  for (const [key, value] of [
    ['path', 'd/other.log'],
    ['path', 'hello.log'],
    ['stream', 'stdout'],
    ['nothing', 'd/hello.log'],
  ] as const)
    assert.equal(await logs(key, value), 404, `${key}/${value}`);
  assert.deepEqual(await program.stop(), well);
});

test('C-04, C-08: in order, whole, over restarts; what was there before the first start is left alone', async (t) => {
  const { at, start, write, holds, status, logs } = await place(t);
  write('d/old.log', 'before\n');
  const text = 'a – “b” {"log":"c\\n","stream":"stderr","time":"2026-01-02T03:04:05Z"}';
  let program = await start([...directory, 'd/']);
  write('d/old.log', 'one\ntwo\n');
  write('d/deep/er/new.log', `${text}\nhalf `);
  await holds('path', 'd/old.log', ['one', 'two']);
  write('d/deep/er/new.log', 'a line\n');
  await holds('path', 'd/deep/er/new.log', [text, 'half a line']);
  assert.deepEqual(await program.stop(), well);

  write('d/old.log', 'three\n');
  write('d/late.log', 'late\n');
  program = await start([...directory, 'd/']);
  await holds('path', 'd/old.log', ['one', 'two', 'three']);
  await holds('path', 'd/late.log', ['late']);
  await program.stop('SIGKILL');

  write('d/old.log', 'four\n');
  program = await start([...directory, 'd/']);
  await holds('path', 'd/old.log', ['one', 'two', 'three', 'four']);
  await holds('path', 'd/deep/er/new.log', [text, 'half a line']);
  assert.equal((await status()).files_len, 3);
  assert.equal(await logs('path', 'd/nothing.log'), 404);
  assert.deepEqual(await program.stop(), well);
  assert.ok(at('data'));
});

test('C-04: the own data below the root is no log', async (t) => {
  const { start, write, holds, status } = await place(t);
  const program = await start([...directory, '.']);
  write('a.log', 'one\n');
  await holds('path', 'a.log', ['one']);
  write('a.log', 'two\n');
  await holds('path', 'a.log', ['one', 'two']);
  assert.deepEqual((await status()).index_keys, ['path=a.log']);
  assert.deepEqual(await program.stop(), well);

  write('data/logs/b.log', '');
  const inside = await start([...directory, 'data/logs']);
  write('data/logs/b.log', 'three\n');
  await holds('path', 'data/logs/b.log', ['three']);
  assert.deepEqual(await inside.stop(), well);
});

test('C-05: links: the root, a file outside, one inside, and all of them together', async (t) => {
  const { at, start, write, link, holds, status } = await place(t);
  write('real, [a]/a.log', '');
  write('elsewhere/outside.log', '');
  link('real, [a]', 'd');
  link('a.log', 'd/beside.log');
  link('../elsewhere/outside.log', 'd/out.log');
  link(at('real, [a]/a.log'), 'd/absolute.log');
  link('nowhere', 'd/dangling.log');
  const paths = ['d/a.log', 'd/absolute.log', 'd/beside.log'];
  const keys = (paths: readonly string[]) => paths.map((path) => `path=${path}`);

  let program = await start([...directory, 'd']);
  write('d/a.log', 'one\n');
  write('elsewhere/outside.log', 'out\n');
  for (const path of paths) await holds('path', path, ['one']);
  await holds('path', 'd/out.log', ['out']);
  assert.deepEqual(await status(), { files_len: 4, index_keys: keys([...paths, 'd/out.log']) });
  assert.deepEqual(await program.stop(), well);

  // The same directory by its own name, with signs that patterns have.
  program = await start([...directory, 'real, [a]']);
  write('real, [a]/a.log', 'two\n');
  const own = paths.map((path) => path.replace('d', 'real, [a]'));
  for (const path of own) await holds('path', path, ['two']);
  for (const path of paths) await holds('path', path, ['one']);
  assert.deepEqual(await program.stop(), well);
});

const id = 'ab'.repeat(32);
const name = 'coredns-6b6854dcbf-s5kb6';
const file = `${name}_kube-system_coredns-${id}.log`;
const dns = (labels: Record<string, string> = {}) =>
  makePod({
    name,
    namespace: 'kube-system',
    labels: { 'k8s-app': 'kube-dns', ...labels },
    containers: [{ name: 'coredns', id }],
  });

test('C-06: by what the name of the file tells and by the labels of the pod, which overwrite nothing', async (t) => {
  const { start, write, holds, logs, status, at } = await place(t);
  const api = await createApiServer();
  t.after(() => api.close());
  const hostile = { namespace: 'other', container_id: 'other', host: 'other', pod_uid: 'other', docker_id: 'other' };
  api.pods.set(dns({ 'app.kubernetes.io/name': 'coredns', ...hostile, path: 'other' }));
  mkdirSync(at('k'));
  const program = await start(['--root-path', 'k'], { WATCHER_KUBE_URL: api.url });
  write(`k/${file}`, 'hello?\n');
  await holds('k8s-app', 'kube-dns', ['hello?']);
  const known = { pod_name: name, namespace: 'kube-system', container_name: 'coredns', container_id: id };
  const told = { ...known, path: `k/${file}`, 'app.kubernetes.io/name': 'coredns', label_namespace: 'other' };
  for (const [key, value] of Object.entries(told)) assert.deepEqual(await logs(key, value), ['hello?'], key);
  for (const key of ['namespace', 'container_id', 'host', 'pod_uid', 'docker_id', 'path', 'pod_name'])
    assert.equal(await logs(key, 'other'), 404, key);
  const { files_len: files, index_keys: keys } = await status();
  assert.equal(files, 1);
  for (const [key, value] of Object.entries(known)) assert.ok(keys.includes(`${key}=${value}`), key);
  assert.deepEqual(await program.stop(), well);

  // With the API server down a later process knows them still.
  await api.stop();
  const later = await start(['--root-path', 'k'], { WATCHER_KUBE_URL: api.url });
  write(`k/${file}`, 'later\n');
  await holds('k8s-app', 'kube-dns', ['hello?', 'later']);
  assert.equal((await later.stop()).code, 0);
});

test('C-06: the API server is down, then up; a pod that it does not know; odd names', async (t) => {
  const { start, write, holds, logs, link, root } = await place(t);
  const api = await createApiServer();
  t.after(() => api.close());
  await api.stop();
  const node = await createNode(root);
  const pod = dns();
  const { container } = {
    container: { pod: { namespace: 'kube-system', name, uid: pod.metadata.uid }, name: 'coredns', id },
  };
  const made = await node.start(container);
  const k = 'var/log/containers';
  write(`${k}/stranger_default_app-${'cd'.repeat(32)}.log`, 'from a stranger\n');
  write(`${k}/no pod at all.log`, 'odd\n');
  write(`${k}/_.log`, 'odder\n');
  write(`${k}/a_b_.log`, 'oddest\n');
  link('nowhere', `${k}/gone_default_app-${'ef'.repeat(32)}.log`);
  await node.write(made, ['early']);
  const program = await start(['--root-path', k], { WATCHER_KUBE_URL: api.url, CLUSTER_NODE_NAME: 'node-1' });
  await holds('container_id', id, ['early']);
  await holds('pod_name', 'stranger', ['from a stranger']);
  await holds('path', `${k}/no%20pod%20at%20all.log`, ['odd']);
  await holds('path', `${k}/_.log`, ['odder']);
  await holds('path', `${k}/a_b_.log`, ['oddest']);
  assert.equal(await logs('k8s-app', 'kube-dns'), 404);

  api.pods.set(pod);
  await api.start();
  let line = 0;
  await until('the labels', async () => {
    await node.write(made, [`late ${line++}`]);
    return Array.isArray(await logs('k8s-app', 'kube-dns'));
  });
  const all = ['early', ...Array.from({ length: line }, (_, index) => `late ${index}`)];
  await holds('container_id', id, all);
  write(`${k}/stranger_default_app-${'cd'.repeat(32)}.log`, 'again\n');
  await holds('pod_name', 'stranger', ['from a stranger', 'again']);
  const { code } = await program.stop();
  assert.equal(code, 0);
});

for (const [manner, rotate] of Object.entries({
  copytruncate(path: string, round: number) {
    copyFileSync(path, `${path}.${round}`);
    truncateSync(path);
  },
  rename(path: string, round: number) {
    renameSync(path, `${path}.${round}`);
    writeFileSync(path, '');
  },
}))
  test(`C-07: numbers go on without a gap over rotations by ${manner}`, async (t) => {
    const { at, start, write, holds, status } = await place(t);
    mkdirSync(at('d'));
    const program = await start([...directory, 'd']);
    const all: string[] = [];
    for (let round = 1; round <= 4; round++) {
      const lines = Array.from({ length: 50 }, (_, index) => String(all.length + index));
      all.push(...lines);
      write('d/n.log', `${lines.join('\n')}\n`);
      if (round % 2) await holds('path', 'd/n.log', all);
      rotate(at('d/n.log'), round);
    }
    write('d/n.log', 'last\n');
    await holds('path', 'd/n.log', [...all, 'last']);
    assert.deepEqual((await status()).index_keys, ['path=d/n.log']);
    assert.deepEqual(await program.stop(), well);
  });
