// The way of someone who has read the README and has a cluster: its commands as they are printed, until a line of the counter stands in
// the page. Two are not typed as they stand, since the test bed has no Docker to talk to and is of Kubernetes 1.20: `docker build`
// is done by the bed's own, and a CronJob is given in the version that it knows.
import { after, before, describe, it, type TestContext } from 'node:test';
import { openBrowser, noBrowser } from './support/browser.ts';
import { furnish } from './support/furnished.ts';
import { root } from './support/helm.ts';
import { stepsIn } from './support/page-commands.ts';
import { openTerminal, type Terminal } from './support/terminal.ts';
import { openTestbed, skip, type Testbed } from './support/testbed.ts';
import { until } from './support/until.ts';

const namespace = 'logging';
const address = 'http://127.0.0.1:8080/';

describe('a newcomer', { skip }, () => {
  let testbed: Testbed;
  let restore = async () => {};
  let terminal: Terminal;

  before(async () => {
    testbed = await openTestbed();
    restore = await furnish(testbed, {
      namespace,
      claims: ['kube-log-watcher-serve', 'logs-kube-log-watcher-serve'].map((name) => ({
        namespace,
        name: `data-${name}-0`,
      })),
      directories: ['/var/lib/kube-log-watcher', '/var/lib/kube-log-watcher-ship'],
    });
  });
  after(async () => {
    await terminal?.close();
    await testbed.kubectl(['delete', 'namespace', namespace, 'tour', '--ignore-not-found']);
    await testbed.kubectl(['delete', '-k', `${root}/manifests/default`, '--ignore-not-found']);
    await restore();
    await testbed.close();
  });

  /** Types what a page prints; a line that forwards a port goes on in a terminal of its own. */
  const follow = async (commands: string) => {
    for (const line of commands.trim().replaceAll('\\\n', ' ').split('\n')) {
      const [, image, directory = ''] = /^docker build -t (\S+) (\S+)$/.exec(line) ?? [];
      if (image !== undefined) await testbed.script('image', 'build', `${root}/${directory}`, image);
      else if (line.includes(' port-forward ')) await terminal.leave(line, /^Forwarding from/m);
      else await terminal.type(line);
    }
  };

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
      await until('the counter in the page', async () => {
        await page.goto(address);
        return (await page.locator('#streams tbody tr', { hasText: 'counter' }).count()) > 0;
      });
      await page.locator('#streams tbody tr', { hasText: 'counter' }).click();
      await page
        .locator('#canvas [role=row]', { hasText: /line \d+/ })
        .first()
        .waitFor();
    } finally {
      await browser.close();
    }
  };

  const timed = async (context: TestContext, what: string, steps: () => Promise<void>) => {
    const start = performance.now();
    await steps();
    await seen();
    context.diagnostic(
      `${what}: ${((performance.now() - start) / 1000).toFixed(1)} s from the first command to the first line`,
    );
  };

  it("sees the counter's lines after the README's commands", async (context) => {
    terminal = openTerminal(testbed.environment());
    const [install, remove] = stepsIn('README.md', 'On a cluster');
    await timed(context, 'kubectl', () => follow(install?.commands ?? ''));
    await terminal.close();
    terminal = openTerminal(testbed.environment());
    await follow(remove?.commands ?? '');
  });
});
