import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { breaches, faint, named } from './support/accessible.ts';
import { noBrowser } from './support/browser.ts';
import { eventually, rows, settled, summary, visiting } from './support/visit.ts';

describe('the page for everybody', { skip: noBrowser }, () => {
  const { served, open } = visiting();

  before(async () => {
    await served.write([
      ...Array.from(
        { length: 200 },
        (_, at) => [60 + at, `request ${at} of web, with \u001b[3${at % 8}mcolour\u001b[0m`] as const,
      ),
      ...['error', 'warn', 'info', 'debug'].map(
        (level, at) =>
          [
            90 + at,
            JSON.stringify({ level, message: 'gateway timeout', order: 1, none: null }),
            { pod: 'pay-0', container: 'api', stream: 'stderr', labels: { app: 'pay', level } },
          ] as const,
      ),
    ]);
  });

  const focused = (page: Page) =>
    page.evaluate<string>(`(() => {
    const { activeElement } = document;
    return activeElement.id || activeElement.getAttribute('aria-label') || activeElement.getAttribute('data-key') || activeElement.role || activeElement.textContent;
  })()`);

  /** What a page can look like, each with its way there; a popover has its place when something in it has the focus. */
  const views: Readonly<Record<string, (page: Page) => Promise<void>>> = {
    'the lines': async (page) => page.locator('#fields .count').first().waitFor(),
    'an open line': async (page) => {
      await rows(page).nth(1).click();
      await page.locator('.detail').waitFor();
    },
    help: async (page) => {
      await page.keyboard.press('Escape');
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Help' }).waitFor();
    },
    'the choice of a time': async (page) => {
      await page.keyboard.press('Escape');
      await page.locator('#range').click();
      await page.getByRole('dialog', { name: 'Time' }).locator(':focus').waitFor();
    },
    downloads: async (page) => {
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Download' }).click();
      await page.locator('#download-choice :focus').waitFor();
    },
    streams: async (page) => {
      await page.goto(`${served.url}/`);
      await page.locator('#streams tbody tr').first().waitFor();
    },
    'a wrong search': async (page) => {
      await page.goto(`${served.url}/?q=(a&is=pod%3Dpay-0&not=app%3Dx`);
      await page.getByRole('alert').first().waitFor();
    },
    nothing: async (page) => {
      await page.goto(`${served.url}/?q=nowhere-at-all`);
      await page.getByText('Nothing fits at any time.').waitFor();
    },
    'signing in': async (page) => {
      const headers = { 'www-authenticate': 'xBasic, Bearer' };
      await page.route('**/api/**', (route) => route.fulfill({ status: 401, headers }));
      await page.keyboard.press('r');
      await page.getByRole('dialog', { name: 'Sign in' }).waitFor();
    },
  };

  for (const colorScheme of ['light', 'dark'] as const)
    test(`WCAG 2.1 AA in ${colorScheme}: no breach, a name for each control, contrast for each text`, async () => {
      const page = await open('?is=stream%3Dstderr&is=stream%3Dstdout', { colorScheme });
      for (const [view, show] of Object.entries(views)) {
        await show(page);
        await settled(page);
        assert.deepEqual(await breaches(page), [], view);
        const { count, nameless } = await named(page);
        assert.ok(count >= 2, `${view}: ${count} nodes`);
        assert.deepEqual(nameless, [], view);
        assert.deepEqual(await page.evaluate(faint), [], view);
      }
    });

  test('what looks for breaches finds them', async () => {
    const page = await open('?view=lines');
    await page.evaluate(`(() => {
      const button = document.createElement('button');
      const picture = document.createElement('img');
      const text = document.createElement('p');
      text.textContent = 'hardly to be read';
      text.style.color = '#aaa';
      text.style.background = '#bbb';
      document.querySelector('#toolbar').append(button, picture, text);
    })()`);
    const found = await breaches(page);
    for (const code of ['H91.Button.Name', 'H37', 'G18.Fail'])
      assert.ok(
        found.some((one) => one.split(' ')[0]?.endsWith(code)),
        code,
      );
    assert.equal((await named(page)).nameless.length, 1);
    assert.match((await page.evaluate<string[]>(faint)).join(), /hardly to be read 1\.2/);
  });

  test('Tab goes through the page from the top to the lines, and can be seen wherever it is', async () => {
    const page = await open('?view=lines');
    const order: string[] = [];
    for (let at = 0; at < 80 && order.at(-1) !== 'scroller'; at++) {
      await page.keyboard.press('Tab');
      const visible = await page.evaluate<boolean>(`(() => {
        const { activeElement } = document;
        const shown = activeElement.closest('tr') ?? activeElement;
        const { outlineStyle, outlineWidth } = getComputedStyle(shown);
        const { width, height } = activeElement.getBoundingClientRect();
        return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 && width * height > 0;
      })()`);
      order.push(await focused(page));
      assert.ok(visible, `${order.at(-1)} can't be seen to have the focus`);
    }
    const places = ['q', 'range', 'live', 'help-open', 'fields-toggle', 'view-streams', 'order', 'scroller'].map((id) =>
      order.indexOf(id),
    );
    assert.ok(!places.includes(-1), order.join(', '));
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
      order.join(', '),
    );
    assert.equal(order[0], 'Skip to the lines');
  });

  test('by keyboard alone: a search, a line, its end, live; the focus is never lost', async () => {
    const page = await open();
    const inRow = () => page.locator('#canvas [role=row]:focus').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('timeout');
    await page.keyboard.press('Enter');
    await summary(page, '4 lines');
    await settled(page);
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.locator('[aria-rowindex="2"]:focus').waitFor();
    await page.keyboard.press('k');
    await page.keyboard.press('Enter');
    await page.locator('.detail').waitFor();
    await page.locator('[aria-rowindex="1"][aria-expanded=true]:focus').waitFor();
    await page.keyboard.press('Tab');
    await page.locator('.detail button:focus', { hasText: 'Lines around it' }).waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.detail').waitFor({ state: 'detached' });
    await inRow();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Help' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Help' }).waitFor({ state: 'hidden' });
    await inRow();
    await page.keyboard.press('t');
    await page.getByRole('button', { name: /^(Live|Paused)$/, pressed: true }).waitFor();
    await settled(page);
    await served.write([[0, 'timeout at last']]);
    await rows(page).first().getByText('at last').waitFor();
    await page.keyboard.press('t');
    await page.waitForURL((url) => !url.search.includes('live'));
    await settled(page);
    await page.keyboard.press('w');
    await page.locator('#scroller[data-wrap=true]').waitFor();
  });

  test('nothing moves for who wants no motion', async () => {
    const moving = `document.getAnimations().filter(({ playState }) => playState === 'running').length`;
    const lively = await open('?live=1');
    await lively.locator('[data-state=on]').waitFor();
    await eventually(async () => assert.equal(await lively.evaluate(moving), 1));
    const page = await open('?live=1', { reducedMotion: 'reduce' });
    await page.locator('[data-state=on]').waitFor();
    assert.equal(await page.evaluate(moving), 0);
  });

  test('320 pixels are enough, and so is half a screen that is shown twice as large', async () => {
    for (const [name, options] of Object.entries<BrowserContextOptions>({
      narrow: { viewport: { width: 320, height: 640 }, hasTouch: true },
      '200 %': { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 },
    })) {
      const page = await open('?is=pod%3Dpay-0', options);
      const width = options.viewport?.width ?? 0;
      for (const [view, show] of Object.entries(views)) {
        if (view === 'the lines') {
          await page.getByRole('navigation', { name: 'Fields' }).waitFor({ state: 'hidden' });
          await page.getByRole('button', { name: 'Fields', exact: true }).click();
          await page.locator('#fields .count').first().waitFor();
          await page.getByRole('button', { name: 'Close the fields' }).click();
          await page.getByRole('navigation', { name: 'Fields' }).waitFor({ state: 'hidden' });
        } else await show(page);
        await settled(page);
        const out = await page.evaluate<
          string[]
        >(`[...document.querySelectorAll('button, input, select, a, dialog, dialog *, [popover], [popover] *, .detail *, h2, p')]
          .filter((element) => element.checkVisibility() && !element.closest('.hidden, .skip, .legend, .row > :not(.detail), #streams'))
          .filter((element) => element.getBoundingClientRect().right > innerWidth + 1 || element.getBoundingClientRect().left < -1)
          .map((element) => element.outerHTML.slice(0, 120))`);
        assert.deepEqual(out, [], `${name}: ${view}`);
        assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width, `${name}: ${view}`);
        const tall = await page.evaluate<number>(`(document.querySelector('#view')?.clientHeight ?? 0)`);
        assert.ok(tall >= 100, `${name}: ${view}: ${tall} pixels are left for the lines`);
      }
    }
  });
});
