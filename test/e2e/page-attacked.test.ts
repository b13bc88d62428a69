import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { until } from '../support/program.ts';
import { noBrowser } from './support/browser.ts';
import { openProxy, type Proxy } from './support/proxy.ts';
import { rows, settled, summary, texts, visiting } from './support/visit.ts';

const hostile = '<img src=x onerror="document.title=1"><script>alert(1)</script>"\'&amp;';
const names = ['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'valueOf', hostile, 'a b', '‮evil', 'é'];

describe('the page under attack', { skip: noBrowser }, () => {
  const visits = visiting();
  const { served } = visits;
  let proxy: Proxy;

  before(async () => {
    proxy = await openProxy(() => served.url);
    const labels = Object.fromEntries(names.map((name, at) => [name, at % 2 ? hostile : '__proto__']));
    await served.write([
      [90, `${hostile} \u001b[31mred\u001b[0m`, { pod: 'evil-0', labels }],
      [
        89,
        'user \u202egnp.exe\u202c done \u2066hidden\u2069 a\u200bb\ufeffc',
        { pod: 'evil-0', labels: { note: '\u202egnp.exe' } },
      ],
      [
        88,
        'bell \u0007 back\b\b nul \u0000 \u001b]8;;javascript:alert(1)\u0007link\u001b]8;;\u0007 \u001b[2J\u001b[1;1H\u009b31mred\u009b0m',
        { pod: 'evil-0' },
      ],
      [
        87,
        '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"level":"__proto__"}',
        { pod: 'evil-0' },
      ],
      [86, `long ${'\u0301'.repeat(2000)}${'x'.repeat(1_000_000)}`, { pod: 'evil-0' }],
      [85, `${hostile}\u202e`, { namespace: hostile, pod: hostile, container: '__proto__', stream: hostile }],
      [84, 'a plain one'],
    ]);
  });
  after(() => proxy?.close());

  const open = (address = '') => visits.open(proxy.url + address);
  const clean = async (page: Page) => {
    assert.equal(await page.locator('img, iframe, object, script:not([src]), a[href^="javascript:"]').count(), 0);
    assert.equal(await page.evaluate('({}).polluted'), undefined);
  };

  test('lines and names of strangers are shown as they are, and do nothing', async () => {
    const page = await open('?view=lines&order=oldest');
    await summary(page, '7 lines');
    const all = await texts(page);
    assert.equal(all[0], `${hostile} red`);
    assert.equal(all[1], 'user U+202Egnp.exeU+202C done U+2066hiddenU+2069 aU+200BbU+FEFFc');
    assert.equal(all[2], 'bell ␇ back␈␈ nul ␀ link red');
    assert.match(all[4] ?? '', /characters more$/);
    assert.ok((all[4]?.length ?? 0) < 1100);
    // Each of them can be opened, chosen by, and shut out.
    for (const index of [0, 1, 3, 4, 5]) {
      await rows(page).nth(index).locator('.when').click();
      await page.locator('.detail .known').waitFor();
      await clean(page);
      await page.keyboard.press('Escape');
      await page.locator('.detail').waitFor({ state: 'detached' });
    }
    for (const name of ['__proto__', 'constructor', hostile]) {
      await page
        .locator('#fields summary')
        .filter({ has: page.getByText(name, { exact: true }) })
        .click();
      await page
        .locator('#fields details[open]')
        .filter({ has: page.getByText(name, { exact: true }) })
        .locator('.count')
        .first()
        .waitFor();
      await settled(page);
    }
    await page.locator('#fields').getByTitle('__proto__=__proto__', { exact: true }).click();
    await summary(page, '1 line');
    assert.deepEqual(await texts(page), [all[0]]);
    await settled(page);
    await page.getByLabel('Colours by').selectOption('__proto__');
    await page.waitForURL(/by=__proto__/);
    await settled(page);
    await page.getByRole('button', { name: '__proto__ = __proto__' }).click();
    await summary(page, '6 lines');
    await page.locator('.legend', { hasText: 'none' }).waitFor();
    await page.getByRole('button', { name: 'Streams', exact: true }).click();
    await page.locator('#streams tbody tr').first().waitFor();
    await settled(page);
    await clean(page);
  });

  test('a mark of direction in a name turns nothing round but is named', async () => {
    const page = await open('?is=note%3D%E2%80%AEgnp.exe');
    await summary(page, '1 line');
    await page.locator('#chips', { hasText: 'U+202Egnp.exe' }).waitFor();
    await page.locator('#fields summary', { hasText: 'note' }).click();
    await page.locator('#fields .value', { hasText: 'U+202Egnp.exe' }).waitFor();
  });

  test('a made-up address shows something, or says what is wrong and leads out', async () => {
    const page = await open();
    for (const address of [
      '?from=garbage&to=soon',
      '?from=2026-01-02T00:00:00Z&to=2020-01-01T00:00:00Z',
      '?from=0001-01-01T00:00:00Z&to=9999-12-31T00:00:00Z&view=lines',
      '?from=99999999999999d&to=now&view=lines',
      '?at=never&line=%00',
      `?at=2026-01-02T00:00:00Z&line=${'x'.repeat(3000)}`,
      '?is==&is=x&is==y&not=__proto__=1&is=__proto__=&is=a~b=c&is=%00=%00',
      '?by=__proto__&view=zz&order=sideways&live=yes',
      `?by=${encodeURIComponent(hostile)}&q=${encodeURIComponent(hostile)}`,
      '?q=%ff%fe&is=%ff=%ff',
      '?q=/(/',
      '?q=/(a%2B)%2B$/ and "x',
      `?q=${'(not '.repeat(900)}`,
      '?live=1&from=garbage&order=oldest',
      `?${'is=pod%3Dx&'.repeat(500)}`,
      '?constructor=1&__proto__=2&toString=3#content',
    ]) {
      await page.goto(proxy.url + address);
      await settled(page);
      const isWrong = await page.locator('#message .wrong').isVisible();
      // Whatever stands there, one can go on from it through time.
      for (const name of ['Earlier', 'Later', 'Twice the time (z)']) {
        await page.getByRole('button', { name, exact: true }).click();
        await settled(page);
      }
      if (isWrong) {
        await page.goto(proxy.url + address);
        await settled(page);
        await page
          .locator('#message')
          .getByRole('button', { name: /^(Begin anew|Take back the search)$/ })
          .click();
        await page.locator('#message .wrong').waitFor({ state: 'hidden' });
        await settled(page);
      }
      await clean(page);
    }
  });

  test('Live goes on after the network was gone, and after the server was killed: each line once, in order', async () => {
    const page = await open('?is=pod%3Dlive-0&live=1&order=oldest');
    const places: (string | undefined)[] = [];
    const write = (text: string) => served.write([[0, text, { pod: 'live-0' }]]);
    const wanted: string[] = [];
    const say = async (text: string) => {
      wanted.push(text);
      await write(text);
    };
    const seen = () =>
      until(`all ${wanted.length} lines`, async () => (await texts(page)).join() === wanted.join(), 90_000);
    await say('before');
    await seen();
    page.on('request', (request) => {
      if (request.url().includes('/api/follow')) places.push(request.headers()['last-event-id']);
    });
    proxy.cut();
    await page.getByRole('button', { name: 'Reconnecting…' }).waitFor();
    for (const text of ['gone 1', 'gone 2', 'gone 3']) await say(text);
    proxy.mend();
    await seen();
    await page.getByRole('button', { name: 'Live', exact: true, pressed: true }).waitFor();
    await served.restart();
    await say('after the kill');
    await seen();
    await page.getByRole('button', { name: 'Live', exact: true, pressed: true }).waitFor();
    await say('at last');
    await seen();
    // It went on where it was, and did not begin anew.
    assert.ok(places.length >= 2 && places.every((place) => place !== undefined && place !== ''), places.join());
  });

  test('a connection on which nothing is heard any more is given up for another', async () => {
    const page = await open('?is=pod%3Dnone');
    await page.clock.install();
    await page.goto(`${proxy.url}?is=pod%3Dstill-0&live=1`);
    await page.getByRole('button', { name: 'Live', exact: true, pressed: true }).waitFor();
    await settled(page);
    const follows = () => proxy.asked.filter((path) => path.includes('/api/follow') && path.includes('still-0')).length;
    await served.write([[0, 'said at first', { pod: 'still-0' }]]);
    await rows(page).first().getByText('said at first').waitFor();
    assert.equal(follows(), 1);
    proxy.stall();
    await served.write([[0, 'said to nobody', { pod: 'still-0' }]]);
    await page.clock.fastForward(60_000);
    await rows(page).getByText('said to nobody').waitFor();
    assert.equal(follows(), 2);
  });

  test('a page that finds no server asks again by itself', async () => {
    const page = await open('?is=pod%3Dweb-0');
    await summary(page, '1 line');
    proxy.cut();
    await page.keyboard.press('r');
    await page.getByRole('alert').getByText('can’t be reached').waitFor();
    proxy.mend();
    await summary(page, '1 line');
  });

  test('a browser whose clock is wrong shows the same', async () => {
    for (const hours of [-7, 30]) {
      const page = await open();
      await page.addInitScript(`{
        const { now } = Date;
        Date.now = () => now() + ${hours} * 3_600_000;
      }`);
      await page.goto(`${proxy.url}?view=lines&is=pod%3Dweb-0`);
      await settled(page);
      await summary(page, '1 line');
      await page.getByRole('button', { name: 'Earlier' }).click();
      await page.waitForURL(/from=.*to=/);
      const to = Date.parse(new URL(page.url()).searchParams.get('to') ?? '');
      // Half an hour before now, as the server has it.
      assert.ok(Math.abs(Date.now() - 1_800_000 - to) < 600_000, `${hours}: ${new Date(to).toISOString()}`);
      await page
        .getByText(/The newest line that fits is from .*, (just now|\d+ minutes? ago)/)
        .or(page.locator('#canvas [role=row]'))
        .first()
        .waitFor();
      await page.goto(`${proxy.url}?live=1&is=pod%3Dclock${hours}`);
      await settled(page);
      await page.getByRole('button', { name: 'Live', exact: true, pressed: true }).waitFor();
      await served.write([[0, 'tick', { pod: `clock${hours}` }]]);
      await rows(page).first().getByText('tick').waitFor();
      await page.context().close();
    }
  });
});
