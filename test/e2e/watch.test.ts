import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { tree } from '../support/tree.ts';
import { accountName } from './support/account.ts';
import { createNamespace, removeNamespace } from './support/namespace.ts';
import { deployment, pod, staticPod } from './support/objects.ts';
import { shipped } from './support/shipped.ts';
import { openTestbed, skip, type Ran, type Testbed } from './support/testbed.ts';
import { until } from './support/until.ts';
import { createWatcher, type Watcher } from './support/watcher.ts';

type List = { items: { metadata: { name: string; deletionTimestamp?: string } }[] };
type Readiness = { checks: Record<string, { ok: boolean; detail?: string }> };

const byText = (a: string | undefined = '', b: string | undefined = '') => (a < b ? -1 : 1);
const nodes = ['docker', 'containerd'];
const agents = ['appdynamics', 'loki', 'scalyr', 'symlinker'];

describe('the watcher on the nodes of a real cluster', { skip }, () => {
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

  it('has no right but to list and watch pods', async () => {
    const can = (verb: string) =>
      testbed.kubectl(['auth', 'can-i', verb, 'pods', `--as=system:serviceaccount:${namespace}:${accountName}`]);
    assert.equal((await can('list')).trim(), 'yes');
    assert.equal((await can('watch')).trim(), 'yes');
    await assert.rejects(can('get'), /\bno\b/);
  });

  for (const node of nodes) {
    describe(`node-${node}`, () => {
      const labelled = `shop-${node}`;
      const [crashing, slow, bare, still] = [`crash-${node}`, `slow-${node}`, `bare-${node}`, `static-${node}`];
      const mirror = `${still}-node-${node}`;
      let watcher: Watcher;
      let manifest: string;

      const kubectl = (...args: string[]) => testbed.kubectl(['-n', namespace, ...args]);
      const apply = (object: object) => testbed.kubectl(['-n', namespace, 'apply', '-f', '-'], object);
      const all = () => shipped(watcher.shipper);
      const of = async (pod: string, container = 'main') =>
        (await all()).filter((one) => one.pod === pod && one.container === container);
      /** Waits until each agent ships one log of the container and it lies on the node with its line. */
      const delivered = async (pod: string, line: string, container = 'main', version = 'v1') => {
        const found = await until(`${pod}/${container} ${version} at every agent`, async () => {
          const found = await of(pod, container);
          return found.length === agents.length && found.every((one) => one.version === version) && found;
        });
        assert.deepEqual(found.map(({ agent }) => agent).toSorted(byText), agents);
        for (const { log } of found) await logged(log, line);
        return found;
      };
      const logged = (path: string, line: string) =>
        until(`${JSON.stringify(line)} in ${path}`, async () => {
          const { code, stdout, stderr } = await testbed.run(node, ['cat', path]);
          assert.equal(code, 0, stderr);
          return stdout.includes(line);
        });
      const realPath = async (path: string) => (await testbed.run(node, ['readlink', '-f', path])).stdout;
      const podsOf = async (application: string) => {
        const selector = `application=${application}`;
        const { items } = await testbed.kubectlJson<List>('get', 'pods', '-n', namespace, '-l', selector);
        const live = items.filter(({ metadata }) => !metadata.deletionTimestamp);
        return live.map(({ metadata }) => metadata.name).toSorted(byText);
      };
      const settled = () =>
        until('the end of every linger time', async () =>
          (await watcher.explain('')).every(({ goneFor }) => goneFor === undefined),
        );
      const ready = () => until('readiness', async () => (await watcher.get('/readyz')).status === 200);
      const onlyListsAndWatches = async () => {
        const { body } = await watcher.get('/metrics');
        const verbs = body.matchAll(/^logwatch_api_requests_total\{verb="(\w+)"/gm).map(([, verb]) => verb);
        assert.deepEqual([...new Set(verbs)].toSorted(byText), ['list', 'watch']);
      };

      before(async () => {
        const own = join(root, node);
        // Longer than it takes a busy machine to see that a log is gone.
        const env = { WATCHER_LINGER: '10' };
        watcher = createWatcher(testbed, node, { root: own, kubeconfig, namespace, env });
        await watcher.prepare();
        await watcher.start();
        const configuration = ['get', '--raw', `/api/v1/nodes/node-${node}/proxy/configz`];
        // A kubelet that was just started does not answer yet.
        const kubelet = await until('the kubelet', () => testbed.kubectl(configuration).catch(() => undefined));
        const { kubeletconfig } = JSON.parse(kubelet) as { kubeletconfig: { staticPodPath: string } };
        manifest = join(kubeletconfig.staticPodPath, `${namespace}.json`);
        // Its restart takes a while.
        await apply(pod(crashing, node, { script: 'echo a line before the crash; exit 1' }));
      });

      after(async () => {
        await watcher.stop();
        await rm(manifest, { force: true });
      });

      afterEach((t) => {
        if ('passed' in t && !t.passed) t.diagnostic(`the watcher's log:\n${watcher.log.slice(-40).join('\n')}`);
      });

      it('ships the containers of a deployment, by files that lead to their lines', async () => {
        await apply(deployment(labelled, node, 2));
        const pods = await until('two pods', async () => {
          const pods = await podsOf(labelled);
          return pods.length === 2 && pods;
        });
        for (const pod of pods) await delivered(pod, `a line of ${pod}`);
        // The pause containers aren't shipped.
        const containers = (await all()).filter(({ pod }) => pod !== crashing);
        const each = agents.flatMap((agent) => pods.map((pod) => `${agent} ${pod}/main`));
        const found = containers.map(({ agent, pod, container }) => `${agent} ${pod}/${container}`);
        assert.deepEqual(found.toSorted(byText), each);
      });

      it('follows an edited label, and leaves the other pod alone', async () => {
        const [pod = '', other = ''] = await podsOf(labelled);
        const others = (files: Record<string, string>) =>
          Object.entries(files).filter(([path, content]) => (path + content).includes(other) && path !== 'agent.json');
        const before = others(await tree(watcher.shipper));
        assert.ok(before.length >= 3);
        await kubectl('label', 'pod', pod, 'version=v2', '--overwrite');
        await delivered(pod, `a line of ${pod}`, 'main', 'v2');
        assert.deepEqual(others(await tree(watcher.shipper)), before);
      });

      it('keeps the files of a deleted pod for the linger time, then removes them', async () => {
        const [pod = ''] = await podsOf(labelled);
        const [container] = await watcher.explain(`${namespace}/${pod}/main`);
        assert.ok(container);
        const before = await of(pod);
        await kubectl('delete', 'pod', pod, '--wait=false');
        await until(
          'the end of its log',
          async () => (await testbed.run(node, ['test', '-e', container.log])).code !== 0,
        );
        assert.deepEqual(await of(pod), before);
        await until('the end of its files', async () => (await of(pod)).length === 0);
        const paths = Object.entries(await tree(watcher.shipper)).map(([path, content]) => `${path} ${content}`);
        assert.deepEqual(
          paths.filter((one) => one.includes(pod) || one.includes(container.id)),
          [],
        );
        for (const pod of await podsOf(labelled)) await delivered(pod, `a line of ${pod}`);
      });

      it('ships an init container of one second', async () => {
        await apply(pod(slow, node, { init: 'echo a line of init; sleep 1' }));
        await delivered(slow, 'a line of init', 'init');
        await delivered(slow, `a line of ${slow}`);
      });

      it('ships a static pod, whose directory has another uid than the API', async () => {
        await writeFile(manifest, JSON.stringify(staticPod(still, namespace)));
        await delivered(mirror, `a line of ${mirror}`);
      });

      it('says why a pod without labels is not shipped', async () => {
        await apply(pod(bare, node, { labels: {} }));
        const { code, stdout } = await until('the verdict', async () => {
          const ran = await watcher.command('explain', `${namespace}/${bare}/main`, '--url', watcher.url);
          return ![4, 6].includes(ran.code) && ran;
        });
        assert.equal(code, 3);
        assert.match(stdout, /label-missing/);
        assert.deepEqual(await of(bare), []);
      });

      it('ships each restart of a pod that crashes', async () => {
        // The newest instance: an older one may go at any moment.
        const { id, log } = await until('its restart', async () => {
          const containers = await watcher.explain(`${namespace}/${crashing}/main`);
          const [newest] = containers.toSorted((a, b) => b.restart - a.restart);
          return newest?.state === 'kept' && newest.restart >= 1 && newest.goneFor === undefined && newest;
        });
        await logged(log, 'a line before the crash');
        const reached = await until(`its container ${id} at every agent`, async () => {
          const found = await Promise.all(
            (await of(crashing)).map(async (one) => [one.agent, await realPath(one.log)]),
          );
          const here = await realPath(log);
          const reached = found.filter(([, path]) => path === here).map(([agent]) => agent);
          return reached.length === agents.length && reached;
        });
        assert.deepEqual(reached.toSorted(byText), agents);
        await kubectl('delete', 'pod', crashing);
        await until('the end of its files', async () => (await of(crashing)).length === 0);
      });

      it('writes what `render` shows', async () => {
        await settled();
        const file = join(root, `pods-${node}.json`);
        await writeFile(file, await testbed.kubectl(['get', 'pods', '-A', '-o', 'json']));
        const args = ['render', '--pods', file, '--diff', '/'];
        assert.deepEqual(succinct(await watcher.command(...args)), [0, '']);
        const { code, stdout } = await watcher.command(...args, '--cluster-id', 'another');
        assert.equal(code, 1);
        assert.match(stdout, /^differs .*\/agent\.json$/m);
      });

      it('asks the API server for nothing but lists and watches', onlyListsAndWatches);

      it('removes nothing while the API server is dead and it is restarted, and goes on when it is back', async () => {
        await settled();
        const before = await tree(watcher.shipper);
        const lost = new Set<string>();
        const ended = new AbortController();
        const poll = until(
          'the end',
          async () => {
            const now = await tree(watcher.shipper);
            for (const path of Object.keys(before)) if (now[path] === undefined) lost.add(path);
            return ended.signal.aborted;
          },
          800,
        );
        try {
          await testbed.run('cp', ['pkill', '-KILL', 'kube-apiserver']);
          await until('word of the dead server', async () => {
            const { checks } = JSON.parse((await watcher.get('/readyz')).body) as Readiness;
            return checks['pods']?.detail !== 'synced';
          });
          assert.equal(await watcher.stop(), 0);
          await watcher.start();
          await until('a pass without the server', async () => {
            const { status, body } = await watcher.get('/readyz');
            const { checks } = JSON.parse(body) as Readiness;
            assert.equal(status, 503);
            return agents.every((agent) => checks[`agent ${agent}`]?.ok);
          });
          assert.deepEqual(await tree(watcher.shipper), before);

          // The kubelets and the controllers are started anew, too: else they wait for up to a minute before they look
          // whether the server is back.
          await testbed.run('cp', ['pkill', '-KILL', 'kube-controller']);
          for (const name of nodes) await testbed.run(name, ['pkill', '-KILL', 'kubelet']);
          await testbed.up();
          await ready();
          assert.deepEqual(await tree(watcher.shipper), before);
          await apply(pod(`late-${node}`, node));
          await delivered(`late-${node}`, `a line of late-${node}`);
        } finally {
          ended.abort();
          await testbed.up();
          await poll;
        }
        assert.deepEqual([...lost], []);
        await onlyListsAndWatches();
      });

      it('writes the same with `watch --once` into empty directories', async () => {
        await settled();
        assert.equal(await watcher.stop(), 0);
        const before = await tree(watcher.shipper);
        await rm(watcher.shipper, { recursive: true });
        await watcher.prepare();
        assert.deepEqual(succinct(await watcher.command('watch', '--once')), [0, '']);
        assert.deepEqual(await tree(watcher.shipper), before);
      });
    });
  }
});

function succinct({ code, stdout }: Ran) {
  return [code, stdout];
}
