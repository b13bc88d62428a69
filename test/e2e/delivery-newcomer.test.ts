// The way of someone who has read the README and has a cluster: the commands of the pages as they are printed, until a line of the counter
// stands in the page; then the tour; then the same with Helm. Nothing is waited for but what the pages wait for. Two commands are not
// typed as they stand, since the test bed has no Docker to talk to and is of Kubernetes 1.20: `docker build` is done by the bed's
// own, and a CronJob is given in the version that it knows.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import manifest from '../../package.json' with { type: 'json' };
import { noBrowser, openBrowser } from './support/browser.ts';
import { furnish } from './support/furnished.ts';
import { helm, root } from './support/helm.ts';
import { fits, stepsIn, type Step } from './support/page-commands.ts';
import { openTerminal, type Terminal } from './support/terminal.ts';
import { openTestbed, skipLong as skip, type Testbed } from './support/testbed.ts';
import { until } from './support/until.ts';

const namespace = 'logging';
const address = 'http://127.0.0.1:8080/';

describe('a newcomer', { skip }, () => {
  let testbed: Testbed;
  let restore = async () => {};
  let terminal: Terminal;
  let counted: string;

  before(async () => {
    testbed = await openTestbed();
    restore = await furnish(testbed, {
      namespace,
      claims: ['', 'logs-'].map((release) => ({ namespace, name: `data-${release}kube-log-watcher-serve-0` })),
      directories: ['/var/lib/kube-log-watcher', '/var/lib/kube-log-watcher-ship'],
    });
    terminal = openTerminal(testbed.environment());
    counted = (await readFile(join(root, 'README.md'), 'utf8')).match(/^kubectl .*manifests\/counter$/m)?.[0] ?? '';
  });
  after(async () => {
    await terminal?.close();
    await testbed.kubectl(['delete', 'namespace', 'tour', namespace, '--ignore-not-found']);
    await testbed.kubectl(['delete', '-k', join(root, 'manifests/default'), '--ignore-not-found']);
    await restore();
    await testbed.close();
  });

  /** Types what a page prints, and returns what it printed. Only what the page shows to fail may fail. */
  const follow = async ({ commands, prints }: Step): Promise<string> => {
    let printed = '';
    let typed = '';
    const enter = async () => {
      if (typed.trim() === '') return;
      const { code, text } = await terminal.type(typed);
      assert.ok(code === 0 || prints.includes('terminated with exit code'), `${typed}ended with ${code}:\n${text}`);
      [printed, typed] = [printed + text, ''];
    };
    for (const line of commands.split(/(?<=\n)/)) {
      const [, image, directory = ''] = /^docker build -t (\S+) (\S+)$/m.exec(line) ?? [];
      const [, where = '', jobs] = /^kubectl (.*)apply -k (\S*\/tour)$/m.exec(line) ?? [];
      if (image !== undefined) await testbed.script('image', 'build', join(root, directory), image);
      else if (jobs !== undefined && (await isOld()))
        typed += `kubectl kustomize ${jobs} | sed '/^apiVersion: batch/s/v1$/v1beta1/' | kubectl ${where}apply -f -\n`;
      else if (line.includes(' port-forward ')) {
        await enter();
        await terminal.leave(line, /^Forwarding from/m);
      } else typed += line;
    }
    await enter();
    return printed;
  };
  const isOld = async () => !(await testbed.kubectl(['get', '--raw', '/apis/batch/v1'])).includes('"CronJob"');

  /** Waits for a line of the counter in the page, or in the API where there is no browser. */
  const seen = async () => {
    if (noBrowser) {
      await until('a line of the counter', async () => {
        const answer = await fetch(`${address}api/search?q=pod=counter`);
        const { entries } = (await answer.json()) as { entries: { log: string }[] };
        return entries.some(({ log }) => /^line \d+$/.test(log));
      });
      return;
    }
    const browser = await openBrowser();
    try {
      const page = await browser.newPage();
      const stream = page.locator('#streams tbody tr', { hasText: 'counter/count' });
      await until('the counter in the page', async () => {
        // Without a line there is no table, and it is opened again.
        await page.goto(address);
        return stream.waitFor({ timeout: 3000 }).then(
          () => true,
          () => false,
        );
      });
      await stream.click();
      await page
        .locator('#canvas [role=row]', { hasText: /line \d+/ })
        .first()
        .waitFor();
    } finally {
      await browser.close();
    }
  };

  const timed = async (context: TestContext, what: string, steps: () => Promise<unknown>) => {
    const start = performance.now();
    await steps();
    await seen();
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    context.diagnostic(`${what}: ${seconds} s from the first command to the first line`);
  };
  const again = async () => {
    await terminal.close();
    terminal = openTerminal(testbed.environment());
  };

  it("sees the counter's lines after the README's commands", async (context) => {
    const [install = { commands: '', prints: '' }] = stepsIn('README.md', 'On a cluster');
    await timed(context, 'kubectl', () => follow(install));
  });

  it('lets in who may read, and nobody else', async () => {
    // Who enforces policies takes a moment to know of a pod.
    const ask = `const ask = async (times) => {
      const said = await fetch('http://kube-log-watcher-serve:8080/livez').then((answer) => answer.status, (error) => error.cause.code);
      if (said === 200 || times === 1) console.log(said);
      else setTimeout(ask, 500, times - 1);
    }
    ask(20);`;
    const answerTo = async (name: string, labels: string) => {
      const image = `kube-log-watcher:${manifest.version}`;
      const options = ['-n', namespace, '--restart=Never', `--image=${image}`, `--labels=${labels}`];
      await testbed.kubectl(['run', name, ...options, '--command', '--', 'node', '-e', ask]);
      await until(`the end of ${name}`, async () => {
        const { status } = await testbed.kubectlJson<{ status: { phase: string } }>(
          'get',
          'pod',
          name,
          '-n',
          namespace,
        );
        return status.phase === 'Succeeded';
      });
      return (await testbed.kubectl(['logs', '-n', namespace, name])).trim();
    };
    assert.equal(await answerTo('reader', 'kube-log-watcher/reader=true'), '200');
    assert.equal(await answerTo('stranger', 'application=stranger'), 'ECONNREFUSED');
  });

  it('takes the tour', async () => {
    for (const step of stepsIn('docs/tour.md')) {
      let printed = await follow(step);
      // What is asked may take a moment to be there.
      const commands = step.commands
        .split(/(?<=\n)/)
        .filter((line) => /^(search|explain) (?!\()/.test(line))
        .join('');
      await until(`${step.prints}after\n${step.commands}`, async () => {
        if (fits(printed, step.prints)) return true;
        printed = commands === '' ? printed : await follow({ ...step, commands });
        return false;
      }).catch((cause: unknown) => {
        throw new Error(`it printed:\n${printed}`, { cause });
      });
    }
  });

  it('leaves nothing behind', async () => {
    const [, remove = { commands: '', prints: '' }] = stepsIn('README.md', 'On a cluster');
    await again();
    await follow(remove);
    const left = await testbed.kubectl(['get', 'clusterrole,clusterrolebinding,namespace', '-o', 'name']);
    assert.deepEqual(left.match(/^.*\/(kube-log-watcher|logging|tour)$/gm), null);
  });

  it('sees them after the commands for Helm', { skip: helm === undefined && 'there is no helm' }, async (context) => {
    const [install = { commands: '', prints: '' }, remove = { commands: '', prints: '' }] = stepsIn('docs/helm.md');
    const [line = ''] = /^helm install .*$/m.exec(install.commands) ?? [];
    assert.ok((await readFile(join(root, 'README.md'), 'utf8')).includes(`\`${line}\``));
    await timed(context, 'Helm', async () => {
      await follow(install);
      await follow({ commands: counted, prints: '' });
    });
    await again();
    await follow(remove);
  });
});
