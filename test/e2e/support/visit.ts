import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

/**
 * Opens pages in a context of their own each. What goes wrong in any of them is added to `wrong`: errors of scripts,
 * breaches of the policy, dialogs, requests to elsewhere.
 */
export const visitor =
  (browser: Browser, wrong: string[]) =>
  async (address: string, options: BrowserContextOptions = {}): Promise<Page> => {
    const context = await browser.newContext({ viewport: { width: 1300, height: 800 }, ...options });
    const page = await context.newPage();
    // The machine may be busy.
    page.setDefaultTimeout(90_000);
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
    await page.goto(address);
    await settled(page);
    return page;
  };

/** All that was asked for is answered. */
export const settled = (page: Page) => page.locator('#content[aria-busy=false]').waitFor();

/** How many there are, as the page says above the lines. */
export const summary = (page: Page, text: string) =>
  page.locator('#summary', { hasText: new RegExp(`^${text}\\b`) }).waitFor();

export const rows = (page: Page) => page.locator('#canvas [role=row]');

export const texts = (page: Page) => page.locator('#canvas .text').allTextContents();
