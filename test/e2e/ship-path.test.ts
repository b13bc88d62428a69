import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Arrived } from './support/collector.ts';
import { createNamespace, removeNamespace } from './support/namespace.ts';
import { pod } from './support/objects.ts';
import { startOnNode, type OnNode } from './support/on-node.ts';
import { numbers } from './support/tailing.ts';
import { openTestbed, skip, type Testbed } from './support/testbed.ts';
import { until } from './support/until.ts';
import { createWatcher, type Watcher } from './support/watcher.ts';

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const collect = join(import.meta.dirname, 'support', 'collect.ts');
/** Enough for rotations at 10 MiB, in some 30 seconds. */
const many = 30_000;
const padding = `${'ä€😀 '.repeat(60)}${'x'.repeat(250)}`;
const long = 40_000;

/** Counts up to `many` on stdout, every tenth on stderr too; then a line that the runtimes write in parts. */
const counting = `
i=0
while [ $i -lt ${many} ]; do
  echo "$i ${padding}"
  [ $((i % 10)) != 0 ] || echo "$i error" >&2
  i=$((i + 1))
  [ $((i % 200)) != 0 ] || sleep 0.15
done
printf '%0${long}d\\n' 7
echo end
sleep 3600`;
const crashing = `
i=0
while [ $i -lt 2000 ]; do echo "$i"; i=$((i + 1)); done
exit 1`;
const ending = `
trap 'echo "bye $i"; exit 0' TERM
i=0
while :; do echo "$i"; i=$((i + 1)); [ $((i % 20)) != 0 ] || sleep 0.05; done`;

describe('from the output of a container to a collector, by watch and ship', { skip }, () => {
  const namespace = `e2e-${randomBytes(4).toString('hex')}`;
  let testbed: Testbed;
  let root: string;
  let kubeconfig: string;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'klw-e2e-'));
    testbed = await openTestbed();
    kubeconfig = join(root, 'kubeconfig');
    await createNamespace(testbed, namespace, kubeconfig);
  });

  after(async () => {
    await removeNamespace(testbed, namespace);
    await rm(root, { recursive: true, force: true });
  });

  for (const node of ['docker', 'containerd'])
    describe(`node-${node}`, () => {
      const own = () => join(root, node);
      const collected = () => join(own(), 'collected.ndjson');
      let watcher: Watcher;
      let collector: OnNode;
      let ship: OnNode;
      let args: string[];

      const startShip = async () => {
        ship = await startOnNode(testbed, node, args, { LOG_LEVEL: 'info' }, /"message":"started"/);
      };
      const records = () => {
        const text = existsSync(collected()) ? readFileSync(collected(), 'utf8') : '';
        // The last line may be half written.
        return text
          .slice(0, text.lastIndexOf('\n') + 1)
          .split('\n')
          .slice(0, -1)
          .map((line) => JSON.parse(line) as Arrived);
      };
      const of = (name: string, stream = 'stdout') =>
        records().filter((one) => one['pod'] === name && one.stream === stream);
      const texts = (name: string, stream?: string) => of(name, stream).map(({ log }) => log);
      const reaches = (name: string, text: string) =>
        until(`${text} of ${name}`, async () => texts(name).some((log) => log === text || log.startsWith(`${text} `)));
      const apply = (name: string, script: string) =>
        testbed.kubectl(['-n', namespace, 'apply', '-f', '-'], pod(name, node, { script }));

      before(async () => {
        const targets = join(own(), 'targets');
        await mkdir(targets, { recursive: true });
        const env = { WATCHER_AGENTS: 'ship', WATCHER_SHIP_DEST_PATH: targets, WATCHER_LINGER: '10' };
        watcher = createWatcher(testbed, node, { root: own(), kubeconfig, namespace, env });
        await watcher.prepare();
        await watcher.start();
        collector = await startOnNode(testbed, node, [process.execPath, collect, collected()], {}, /^port /);
        const port = collector.lines.find((line) => line.startsWith('port '))?.slice(5);
        const options = {
          '--targets': targets,
          '--state-path': join(own(), 'offsets'),
          '--url': `http://127.0.0.1:${port}/`,
          '--sink': 'http',
          '--encoding': 'ndjson',
          '--batch-wait': '0.1',
          '--status-address': 'off',
        };
        args = [process.execPath, main, 'ship', ...Object.entries(options).flat()];
        await startShip();
      });

      after(async () => {
        await Promise.all([ship.stop(), watcher.stop()]);
        await collector.stop();
      });

      afterEach((t) => {
        if ('passed' in t && !t.passed)
          t.diagnostic(
            `ship's log:\n${ship.lines.slice(-20).join('\n')}\nthe watcher's:\n${watcher.log.slice(-20).join('\n')}`,
          );
      });

      it('brings each line once, through rotations, restarts of ship and watch, and an end of the API server', async (t) => {
        const name = `count-${node}`;
        await apply(name, counting);
        await reaches(name, '3000');
        assert.equal(await ship.stop(), 0);
        await startShip();
        await reaches(name, '8000');
        assert.equal(await watcher.stop(), 0);
        await watcher.start();
        await reaches(name, '13000');
        await testbed.run('cp', ['pkill', '-KILL', 'kube-apiserver']);
        assert.equal(await ship.stop(), 0);
        assert.equal(await watcher.stop(), 0);
        await watcher.start();
        await startShip();
        await reaches(name, '20000');
        await testbed.up();
        await reaches(name, 'end');

        const out = texts(name);
        assert.equal(out.length, many + 2);
        assert.deepEqual(
          out.slice(0, many),
          numbers(0, many).map((i) => `${i} ${padding}`),
        );
        assert.ok(out[many] === `${'0'.repeat(long - 1)}7`, 'the long line is not as it was written');
        const every = numbers(0, many / 10).map((i) => `${Number(i) * 10} error`);
        await until('the errors', async () => texts(name, 'stderr').length >= every.length);
        assert.deepEqual(texts(name, 'stderr'), every);
        const path = of(name)[0]?.path ?? '';
        const { stdout } = await testbed.run(node, ['sh', '-c', `ls $(dirname $(readlink -f ${path}))`]);
        t.diagnostic(`${path}: ${stdout.trim().replaceAll('\n', ' ')}`);
        assert.match(stdout, /log\.\d/, 'it was not rotated');
      });

      it('brings each line of each restart of a container that crashes', async () => {
        const name = `crash-${node}`;
        await apply(name, crashing);
        const paths = () => [...new Set(of(name).map(({ path }) => path))];
        await until('two restarts', async () => paths().length >= 3 && of(name).length >= 6000);
        await testbed.kubectl(['-n', namespace, 'delete', 'pod', name]);
        for (const path of paths())
          assert.deepEqual(
            of(name)
              .filter((one) => one.path === path)
              .map(({ log }) => log),
            numbers(0, 2000),
            path,
          );
      });

      it('brings the last line of a pod that is deleted', async () => {
        const name = `end-${node}`;
        await apply(name, ending);
        await reaches(name, '200');
        await testbed.kubectl(['-n', namespace, 'delete', 'pod', name]);
        await reaches(name, 'bye');
        const out = texts(name);
        const count = out.length - 1;
        assert.deepEqual(out, [...numbers(0, count), `bye ${out.at(-1)?.slice(4)}`]);
        assert.ok(Math.abs(Number(out.at(-1)?.slice(4)) - count) <= 1, `${out.at(-1)} after ${count}`);
      });

      it('loses none when ship is killed; what comes twice is one batch at most', async () => {
        const name = `kill-${node}`;
        await apply(name, ending);
        for (const text of ['100', '500', '1000']) {
          await reaches(name, text);
          await ship.stop('KILL').catch(() => undefined);
          await startShip();
        }
        await reaches(name, '1500');
        const out = texts(name);
        const distinct = [...new Set(out)];
        assert.deepEqual(distinct, numbers(0, distinct.length));
        assert.ok(out.length - distinct.length < 3000, `${out.length - distinct.length} came again`);
        await testbed.kubectl(['-n', namespace, 'delete', 'pod', name]);
      });
    });
});
