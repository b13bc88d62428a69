import assert from 'node:assert/strict';
import { after, afterEach, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { until } from '../../support/program.ts';
import { createServe, openBrowser, type Served } from './browser.ts';

/** The machine may be busy. */
const patience = 90_000;

/** How many times slower pages run, and up to how many milliseconds later they are answered, so that what is looked at too early is found. */
const slower = Number(process.env['E2E_THROTTLE'] ?? 1);
const later = Number(process.env['E2E_DELAY'] ?? 0);

/**
 * Opens pages in a context of their own each. What goes wrong in any of them is added to `wrong`: errors of scripts,
 * breaches of the policy, dialogs, requests to elsewhere.
 */
export const visitor =
  (browser: Browser, wrong: string[]) =>
  async (address: string, options: BrowserContextOptions = {}): Promise<Page> => {
    const context = await browser.newContext({ viewport: { width: 1300, height: 800 }, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(patience);
    page.on('pageerror', (error) => wrong.push(String(error)));
    page.on('dialog', (dialog) => wrong.push(dialog.message()));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        wrong.push(message.text());
    });
    page.on('request', (request) => {
      const { protocol, hostname } = new URL(request.url());
      if (protocol !== 'blob:' && hostname !== '127.0.0.1') wrong.push(request.url());
    });
    if (slower > 1) await (await context.newCDPSession(page)).send('Emulation.setCPUThrottlingRate', { rate: slower });
    if (later > 0)
      await context.route('**/api/**', async (route) => {
        await sleep(Math.random() * later);
        // The page may be gone.
        await route.continue().catch(() => undefined);
      });
    await page.goto(address);
    await settled(page);
    return page;
  };

export interface Visits {
  served: Served;
  browser: () => Browser;
  /** A page at an address, by itself or below the one of `served`. It is closed after the test. */
  open(address?: string, options?: BrowserContextOptions): Promise<Page>;
}

/**
 * Serve with an empty store and a browser, for all tests of the `describe` that this is called in. What goes wrong in a
 * page beside what is tested fails the test too.
 */
export function visiting(more: readonly string[] = []): Visits {
  const served = createServe(more);
  const wrong: string[] = [];
  let browser: Browser | undefined;
  const running = () => {
    assert.ok(browser, 'the browser is open');
    return browser;
  };
  before(async () => {
    await served.start();
    browser = await openBrowser();
  });
  afterEach(async () => {
    for (const context of running().contexts()) await context.close();
    assert.deepEqual(wrong.splice(0), []);
  });
  after(async () => {
    await browser?.close();
    await served.end();
  });
  return {
    served,
    browser: running,
    open: (address = '', options = {}) => visitor(running(), wrong)(new URL(address, `${served.url}/`).href, options),
  };
}

/** Asserts again and again, until it holds: what an action leads to may be a moment away. */
export const eventually = (assertion: () => Promise<void>): Promise<void> =>
  until('what is asserted', () => assertion().then(() => true), patience);

/** All that was asked for is answered and shown: nothing is drawn anew under a click or a look. */
export const settled = (page: Page) =>
  page.locator('body:has(#content[aria-busy=false]):not(:has([aria-busy=true]))').waitFor();

/** All that was asked of the browser is drawn. */
export const drawn = (page: Page) =>
  page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');

/** How many there are, as the page says above the lines. */
export const summary = (page: Page, text: string) =>
  page.locator('#summary', { hasText: new RegExp(`^${text}\\b`) }).waitFor();

export const rows = (page: Page) => page.locator('#canvas [role=row]');

export const texts = (page: Page) => page.locator('#canvas .text').allTextContents();
