// Makes the picture of the page, docs/page.png: `node docs/picture.ts`. It needs Chromium.
import { join } from 'node:path';
import { openBrowser, openServe, type Wrote } from '../test/e2e/support/browser.ts';
import { rows, visitor } from '../test/e2e/support/visit.ts';

/** The same numbers from 0 to 1 each time. */
let seed = 7;
const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
const one = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;

const hash = (length: number) => Array.from({ length }, () => one('bcdfghjklmnpqrstvwxz2456789'.split(''))).join('');
const apps = {
  payments: ['shop', 'api'],
  cart: ['shop', 'cart'],
  web: ['shop', 'nginx'],
  'report-nightly': ['batch', 'job'],
  coredns: ['kube-system', 'coredns'],
  prometheus: ['monitoring', 'prometheus'],
} as const;
const pods = Object.entries(apps).flatMap(([app, [namespace, container]]) =>
  Array.from({ length: namespace === 'shop' ? 4 : 2 }, () => ({
    namespace,
    container,
    pod: `${app}-${hash(9)}-${hash(5)}`,
    labels: { app, 'app.kubernetes.io/name': app },
  })),
);

/** A line of an hour that has a bad quarter. */
function line(): [secondsAgo: number, log: string, more: Wrote] {
  const bad = random() < 0.3;
  const ago = bad ? 1500 + random() * 800 : random() * 3600;
  const pod = one(pods.filter(({ container }) => !bad || container === 'api'));
  if (pod.container !== 'api')
    return [ago, `GET /${pod.container}/${Math.floor(random() * 9000)} 200 ${Math.floor(random() * 90)} ms`, pod];
  const level = bad || random() < 0.2 ? one(['error', 'error', 'warn']) : 'info';
  const msg =
    level === 'info'
      ? 'payment taken'
      : one(['gateway timeout after 3000ms', 'gateway timeout after 3000ms', 'gateway refused, retrying']);
  const log = JSON.stringify({
    level,
    msg,
    order: 'order_id',
    user: { id: Math.floor(random() * 900), country: one(['FR', 'DE', 'IN', 'BR']) },
    ms: level === 'info' ? Math.floor(random() * 200) : 3000,
    tags: [],
  }).replace('"order_id"', `123456789012345${Math.floor(10_000 + random() * 80_000)}`);
  return [ago, log, { ...pod, stream: level === 'info' ? 'stdout' : 'stderr', labels: { ...pod.labels, level } }];
}

const served = await openServe();
try {
  await served.write(Array.from({ length: 6000 }, line));
  const browser = await openBrowser();
  try {
    const options = {
      colorScheme: 'light',
      viewport: { width: 1280, height: 760 },
      timezoneId: 'Europe/Paris',
    } as const;
    const page = await visitor(browser, [])(`${served.url}/?q=gateway+not+retrying&is=namespace%3Dshop`, options);
    await page.locator('#fields .count').first().waitFor();
    await rows(page).nth(2).locator('.when').click();
    await page.locator('.detail').waitFor();
    await page.mouse.move(0, 0);
    await page.screenshot({ path: join(import.meta.dirname, 'page.png') });
  } finally {
    await browser.close();
  }
} finally {
  await served.end();
}
