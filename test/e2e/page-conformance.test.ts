import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { until } from '../support/program.ts';
import { breaches, faint, named } from './support/accessible.ts';
import { noBrowser } from './support/browser.ts';
import { openProxy, type Proxy } from './support/proxy.ts';
import { eventually, rows, settled, summary, texts, visiting } from './support/visit.ts';

const count = 10_000;

describe('the page as it has to be', { skip: noBrowser }, () => {
  const { served, open } = visiting();
  let below: Proxy;

  before(async () => {
    below = await openProxy(() => served.url, '/logs/');
    for (let at = 0; at < count; at += 2000)
      await served.write(
        Array.from({ length: 2000 }, (_, index) => [60 + (at + index) / 5, `line ${at + index} of web`] as const),
      );
    await served.write([
      [300, 'payment refused', { pod: 'pay-0', container: 'api', stream: 'stderr' }],
      [10_000, 'payment made', { pod: 'pay-0', container: 'api' }],
    ]);
  });
  after(() => below?.close());

  for (const [turn, place] of ['by itself', 'below /logs/ of a proxy'].entries())
    test(`C-09 ${place}: counts and links, a click shows lines, a time, a search, follow, thousands of lines, for everybody`, async () => {
      const root = place === 'by itself' ? `${served.url}/` : below.url;
      const page = await open(root);
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));

      // What there is, with its count, each a link to its lines.
      await summary(page, '2 streams, 10.0 k lines');
      const table = page.getByRole('table', { name: 'Streams with the number of their lines' });
      const pay = table.getByRole('row', { name: /pay-0\/api shop/ });
      assert.match((await pay.textContent()) ?? '', /just now1\d+ B$|minutes ago1\d+ B$/);
      const href = (await pay.getByRole('link').getAttribute('href')) ?? '';
      assert.match(href, /^\?is=namespace%3Dshop&is=pod%3Dpay-0&is=container%3Dapi$/);
      await pay.getByRole('link').click();
      await summary(page, '1 line');
      await eventually(async () => assert.deepEqual(await texts(page), ['payment refused']));
      await page.waitForURL(`${root}${href}`);
      await settled(page);

      // Another time.
      await page.locator('#range').click();
      await page.getByRole('button', { name: 'Last 6 hours' }).click();
      await summary(page, '2 lines');
      await eventually(async () => assert.deepEqual(await texts(page), ['payment refused', 'payment made']));

      // The link is the same for everybody.
      const other = await open(page.url());
      await summary(other, '2 lines');

      // A search.
      await page.goto(root);
      await page.getByRole('textbox', { name: 'Search the lines' }).fill('"line 12" and not /\\d{5}|line 12\\d{2}/');
      await page.keyboard.press('Enter');
      await summary(page, `${11 + turn} lines`);
      await page
        .locator('mark', { hasText: /^line 12$/ })
        .first()
        .waitFor();
      await settled(page);

      // Follow.
      await page.getByRole('button', { name: 'Live', exact: true }).click();
      await page.getByRole('button', { name: 'Live', exact: true, pressed: true }).waitFor();
      await rows(page).nth(10).waitFor();
      const news = `line 12 of ${place}`;
      await served.write([[0, news]]);
      await rows(page).first().getByText(news).waitFor();

      // Thousands of lines: few of them are in the document, and the page goes on drawing itself while they come.
      await page.goto(`${root}?view=lines&q=web`);
      await page.evaluate(`(() => {
        globalThis.frames_ = 0;
        const next = () => { globalThis.frames_ += 1; requestAnimationFrame(next); };
        next();
      })()`);
      const frames = () => page.evaluate<number>('globalThis.frames_');
      let drawn = await frames();
      let most = 0;
      await until(
        'the last line',
        async () => {
          await page.evaluate(`document.querySelector('#scroller').scrollTop = 1e9`);
          const now = await frames();
          most = Math.max(most, await rows(page).count());
          if (now > drawn) drawn = now;
          return (await texts(page)).at(-1) === `line ${count - 1} of web`;
        },
        300_000,
      );
      assert.ok(most < 150, `${most} rows at once`);
      assert.ok(drawn >= count / 500, `${drawn} frames`);
      await summary(page, '10,000 lines');
      await page.keyboard.press('g');
      await page.locator('#canvas .text', { hasText: 'line 0 of web' }).waitFor();

      // For everybody.
      await settled(page);
      await rows(page).first().click();
      await page.locator('.detail').waitFor();
      assert.deepEqual(await breaches(page), []);
      assert.deepEqual((await named(page)).nameless, []);
      assert.deepEqual(await page.evaluate(faint), []);

      // Nothing was asked for outside of where it is.
      assert.ok(asked.length > 30);
      assert.deepEqual(
        asked.filter((url) => !url.startsWith(root)),
        [],
      );
      assert.deepEqual(
        below.asked.filter((path) => !path.startsWith('/logs/')),
        [],
      );
    });
});
