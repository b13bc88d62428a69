// The main job on a made-up node: container directories being written, a real HTTP API server, and the watcher as a
// process of its own between them; then the whole path to the page. Ends by itself and leaves nothing behind:
// `npm run demo`. With `npm run demo -- --stay` the page can be looked at until Ctrl-C.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApiServer } from './test/support/api-server.ts';
import { createNode, type MadeContainer } from './test/support/node.ts';
import { makePod } from './test/support/pods.ts';
import { freePort } from './test/support/port.ts';
import { until } from './test/support/program.ts';
import { tree } from './test/support/tree.ts';

const root = await mkdtemp(join(tmpdir(), 'kube-log-watcher-demo-'));
const node = await createNode(root);
const api = await createApiServer();
const shipper = join(root, 'shipper');
const state = join(root, 'state');
const places = {
  scalyr: join(shipper, 'scalyr'),
  jobs: join(shipper, 'appdynamics'),
  loki: join(shipper, 'loki'),
  links: join(shipper, 'links'),
};
for (const path of Object.values(places)) await mkdir(path, { recursive: true });
const keyFile = join(root, 'scalyr-key');
await writeFile(keyFile, 'made-up-key\n');
const port = await freePort();
const stays = process.argv.includes('--stay');
const latencies: number[] = [];
let watcher: ChildProcess | undefined;
let shown: Record<string, string> = {};

try {
  say('1. The watcher starts on a node with nothing to ship.');
  watcher = await startWatcher();

  say('2. A pod with labels starts on Docker, another on containerd.');
  const shop = await startPod('docker', 'shop-7d9f8b6c5-abcde', { application: 'shop', version: 'v1' });
  const cart = await startPod('cri', 'cart-6f5b7c8d9-klmno', { application: 'cart', version: '2021.05' });
  await show();
  console.log(indent(JSON.stringify((await scalyrLogs())[0], undefined, 2)));

  say('3. A pod without the required labels starts. Why is it not shipped?');
  await startPod('cri', 'debug-pod', {}, false);
  console.log(indent(await explain('debug-pod')));

  say('4. A label is edited: the files follow, only those that it changes.');
  api.pods.set(makePod({ ...shop.spec, labels: { application: 'shop', version: 'v2' } }));
  await until('the new version', async () =>
    (await readFile(jobOf(shop.container), 'utf8')).includes('application_version: "v2"'),
  );
  await show();

  say('5. The API server goes away, and the watcher is restarted meanwhile: nothing is removed.');
  const before = await snapshotOf();
  await api.stop();
  await stopWatcher();
  watcher = await startWatcher();
  await sleep(500);
  console.log(`   ${same(before, await snapshotOf()) ? 'the same files, byte for byte' : 'SOMETHING CHANGED'}`);
  await api.start();
  await until('a synced watcher', async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok);

  say('6. The first pod is deleted: its configuration lingers for a second, then it goes.');
  api.pods.delete(shop.uid);
  await node.remove(shop.container);
  await until('the end of its files', async () => !(await readFile(jobOf(shop.container), 'utf8').catch(() => '')));
  await show();

  say('7. Without any vendor: watch, ship and serve in one process, on the same node.');
  await stopWatcher();
  const page = await startAll();
  await node.write(cart.container, ['added 3 apples', 'paid']);
  const asked = { pod: cart.spec.name, from: '1h', direction: 'forward' };
  const query = `${page}api/search?${new URLSearchParams(asked).toString()}`;
  const search = async () => (await (await fetch(query)).json()) as { entries: { time: string; log: string }[] };
  await until('the lines', async () => (await search()).entries.length === 2);
  console.log(`   $ curl '${query}'`);
  for (const { time, log } of (await search()).entries) console.log(`   ${time} ${log}`);
  console.log(`   The page is at ${page}${stays ? ', until Ctrl-C' : ' while it runs: npm run demo -- --stay'}`);
  if (stays) await once(process, 'SIGINT');

  const median = latencies.sort((a, b) => a - b)[Math.floor(latencies.length / 2)];
  const counted = ['list', 'watch', 'get'].map(
    (verb) => `${api.requests.filter((one) => one.verb === verb).length} ${verb.toUpperCase()}`,
  );
  say('Summary');
  console.log(`   containers configured: ${latencies.length}, median ${median} ms after their start`);
  console.log(`   requests to the API server, restart and outage included: ${counted.join(', ')}`);
} finally {
  await stopWatcher();
  await api.close();
  await rm(root, { recursive: true, force: true });
}

async function startWatcher(): Promise<ChildProcess> {
  const child = start(['watch'], {
    WATCHER_AGENTS: 'scalyr,appdynamics,loki,symlinker',
    WATCHER_STATE_PATH: state,
    WATCHER_STATUS_ADDRESS: `127.0.0.1:${port}`,
    WATCHER_SCALYR_API_KEY_FILE: keyFile,
    WATCHER_SCALYR_DEST_PATH: places.scalyr,
    WATCHER_SCALYR_CONFIG_PATH: join(shipper, 'agent.json'),
    WATCHER_APPDYNAMICS_DEST_PATH: places.jobs,
    WATCHER_LOKI_DEST_PATH: places.loki,
    WATCHER_SYMLINK_DIR: places.links,
  });
  await until('the watcher', async () => (await fetch(`http://127.0.0.1:${port}/livez`)).ok);
  return child;
}

/** Returns the address of the page. */
async function startAll(): Promise<string> {
  const own = await freePort();
  const off = ['watch', 'ship'].map((role) => `--${role}-status-address=off`);
  watcher = start(['all', '--data-path', join(root, 'data'), '--port', String(own), ...off], {});
  const page = `http://127.0.0.1:${own}/`;
  await until('the page', async () => (await fetch(`${page}readyz`)).ok);
  return page;
}

function start(args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'src', 'main.ts'), ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      WATCHER_CONTAINERS_PATH: node.containers,
      WATCHER_PODS_PATH: node.pods,
      WATCHER_KUBE_URL: api.url,
      CLUSTER_NODE_NAME: 'node-1',
      WATCHER_CLUSTER_ID: 'demo',
      WATCHER_LINGER: '1',
      ...env,
    },
  });
  const errors: string[] = [];
  child.stderr?.on('data', (data: Buffer) =>
    errors.push(
      ...data
        .toString()
        .split('\n')
        .filter((line) => line.includes('"level":"error"')),
    ),
  );
  child.on('exit', (code) => code && console.error(errors.join('\n')));
  return child;
}

async function stopWatcher(): Promise<void> {
  if (!watcher || watcher.exitCode !== null) return;
  const exit = once(watcher, 'exit');
  watcher.kill('SIGTERM');
  await exit;
}

async function startPod(runtime: 'docker' | 'cri', name: string, labels: Record<string, string>, shipped = true) {
  const uid = crypto.randomUUID();
  const id = crypto.randomUUID().replaceAll('-', '').repeat(2);
  const spec = {
    name,
    namespace: 'default',
    uid,
    labels,
    node: 'node-1',
    containers: [{ name: 'main', id, image: 'registry.example/app:1.0' }],
  };
  api.pods.set(makePod(spec));
  const container = await node.start({ runtime, pod: { namespace: 'default', name, uid }, name: 'main', id });
  const started = performance.now();
  if (shipped) {
    await until(name, async () => (await scalyrLogs()).some(({ attributes }) => attributes.pod === name));
    latencies.push(Math.round(performance.now() - started));
  }
  return { uid, spec, container };
}

async function scalyrLogs() {
  const text = await readFile(join(shipper, 'agent.json'), 'utf8').catch(() => '{"logs":[]}');
  return (JSON.parse(text) as { logs: { attributes: { pod: string } }[] }).logs;
}

function jobOf({ runtime, id, pod, name, restart }: MadeContainer): string {
  return join(places.jobs, `container-${runtime === 'docker' ? id : `${pod.uid}_${name}_${restart}`}-jobfile.job`);
}

async function explain(of: string): Promise<string> {
  const child = spawn(process.execPath, [
    join(import.meta.dirname, 'src', 'main.ts'),
    'explain',
    of,
    '--url',
    `http://127.0.0.1:${port}`,
  ]);
  const text: string[] = [];
  child.stdout.on('data', (data: Buffer) => text.push(data.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return `$ kube-log-watcher explain ${of}\n${text.join('')}(exit code ${code})`;
}

/** What has come, changed and gone in the shippers' directories since the last look. */
async function show(): Promise<void> {
  const now = await snapshotOf();
  const short = (path: string) => path.replaceAll(/[0-9a-f]{16,}|[0-9a-f-]{36}/g, (id) => `${id.slice(0, 6)}…`);
  for (const path of new Set([...Object.keys(now), ...Object.keys(shown)])) {
    const sign = shown[path] === undefined ? '+' : now[path] === undefined ? '-' : now[path] === shown[path] ? '' : '~';
    if (sign) console.log(`   ${sign} ${short(path)}`);
  }
  shown = now;
}

async function snapshotOf(): Promise<Record<string, string>> {
  await sleep(100);
  return tree(shipper);
}

function same(a: Record<string, string>, b: Record<string, string>): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function say(text: string): void {
  console.log(`\n${text}`);
}

function indent(text: string): string {
  return text.replace(/^/gm, '   ');
}
