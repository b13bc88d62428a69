import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { Page, Request } from 'playwright-core';
import { until } from '../support/program.ts';
import { noBrowser, openServe } from './support/browser.ts';
import { drawn, rows, settled, summary, texts, visiting } from './support/visit.ts';

const token = 'r7-token-of-the-readers==';
const password = 'pass:wörd r7';

describe('signing in to the page', { skip: noBrowser }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'sign-in-'));
  const tokens = join(folder, 'tokens');
  const users = join(folder, 'users');
  writeFileSync(tokens, `${token}\n`);
  writeFileSync(users, `ann:${password}\n`);
  const visits = visiting([`--read-tokens=${tokens}`, `--read-users=${users}`, '--access-log']);
  const { served } = visits;
  /** All addresses that any page asked for. */
  const asked: string[] = [];

  before(() => served.write(Array.from({ length: 30 }, (_, at) => [60 + at, `request ${at}`] as const)));
  after(() => rmSync(folder, { recursive: true }));

  const open = async (address = '?view=lines') => {
    const page = await visits.open(address);
    page.on('request', (request) => asked.push(request.url()));
    return page;
  };
  const dialog = (page: Page) => page.getByRole('dialog', { name: 'Sign in' });
  async function giveToken(page: Page, typed: string) {
    await dialog(page).getByRole('button', { name: 'Token', exact: true }).click();
    await dialog(page).getByLabel('Token', { exact: true }).fill(typed);
    await dialog(page).getByRole('button', { name: 'Sign in' }).click();
  }

  /** Takes no token but this one from now on. */
  async function only(taken: string) {
    const other = taken === token ? 'another-token' : token;
    const status = async (given: string) =>
      (await fetch(`${served.url}/api/series`, { headers: { authorization: `Bearer ${given}` } })).status;
    writeFileSync(tokens, `${taken}\n`);
    await until(`${taken} alone`, async () => (await status(taken)) === 200 && (await status(other)) === 401);
  }

  test('a token lets in, for this tab, until one signs out', async () => {
    const page = await open('?q=request&from=2h');
    await dialog(page).waitFor();
    assert.equal(await rows(page).count(), 0);
    await giveToken(page, 'two words');
    await dialog(page).getByText('This is no token').waitFor();
    await giveToken(page, `${token}x`);
    await dialog(page).getByText('The server doesn’t know this token.').waitFor();
    assert.equal(await page.evaluate('sessionStorage.length'), 0);
    await giveToken(page, ` Bearer ${token} `);
    await summary(page, '30 lines');
    await dialog(page).waitFor({ state: 'hidden' });
    await page.waitForURL(/\?q=request&from=2h$/);
    await settled(page);
    await page.reload();
    await summary(page, '30 lines');
    // Another tab is somebody else.
    const other = await page.context().newPage();
    await other.goto(page.url());
    await dialog(other).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await dialog(page).waitFor();
    await settled(page);
    assert.equal(await page.evaluate('sessionStorage.length'), 0);
    assert.deepEqual(await texts(page), []);
  });

  test('so do a name and a password; who wants not to is left alone', async () => {
    const page = await open();
    await dialog(page).getByLabel('Name').fill('ann');
    await dialog(page).getByLabel('Password').fill('nonsense');
    await page.keyboard.press('Enter');
    await dialog(page).getByText('Wrong name or password.').waitFor();
    assert.equal(await dialog(page).getByLabel('Name').inputValue(), 'ann');
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'Sign in to see the logs' }).waitFor();
    await page.locator('input[type=password]').waitFor({ state: 'detached' });
    await page.locator('#message').getByRole('button', { name: 'Sign in' }).click();
    await dialog(page).getByLabel('Name').fill('ann');
    await dialog(page).getByLabel('Password').fill(password);
    await page.keyboard.press('Enter');
    await summary(page, '30 lines');
    await page.getByTitle('Sign out ann', { exact: true }).waitFor();
  });

  test('an answer to what was tried before changes nothing, nor does the end of a dialog that is open again', async () => {
    const page = await open();
    const held = Promise.withResolvers<void>();
    await page.route('**/buildinfo*', (route) => held.promise.then(() => route.fulfill({ status: 401 })));
    await dialog(page).getByLabel('Name').fill('ann');
    await dialog(page).getByLabel('Password').fill('nonsense');
    await Promise.all([page.waitForRequest(/buildinfo/), page.keyboard.press('Enter')]);
    const trial = (request: Request) => request.url().includes('buildinfo');
    const end = Promise.race([page.waitForEvent('requestfinished', trial), page.waitForEvent('requestfailed', trial)]);
    await dialog(page).getByRole('button', { name: 'Token', exact: true }).click();
    await dialog(page).getByLabel('Token', { exact: true }).fill(token);
    held.resolve();
    await end;
    await drawn(page);
    assert.equal(await dialog(page).getByLabel('Token', { exact: true }).inputValue(), token);
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.evaluate(`{
      document.querySelector('#sign-in').addEventListener('close', () => document.body.dataset.closed = true);
      document.querySelector('#sign-in').close();
      dispatchEvent(new CustomEvent('kube-log-watcher-denied', { detail: 'Bearer' }));
    }`);
    await page.locator('[data-closed]').waitFor();
    await dialog(page).getByLabel('Token', { exact: true }).fill(token);
    await page.keyboard.press('Enter');
    await summary(page, '30 lines');
  });

  test('Live and downloads are let in too', async () => {
    const page = await open('?q=request&live=1');
    await giveToken(page, token);
    await page.getByRole('button', { name: 'Live', exact: true, pressed: true }).waitFor();
    await rows(page).nth(29).waitFor();
    await served.write([[0, 'request of now']]);
    await rows(page).first().getByText('request of now').waitFor();
    await settled(page);
    await page.getByRole('button', { name: 'Download' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'All lines of this search, compressed' }).click(),
    ]);
    assert.equal(download.suggestedFilename(), 'logs.ndjson.gz');
    const lines = gunzipSync(await readFile(await download.path()))
      .toString()
      .trimEnd()
      .split('\n');
    assert.ok(
      lines.length >= 30 && lines.every((line) => /^request \w+/.test(JSON.parse(line).log)),
      `${lines.length}`,
    );
  });

  test('what is no longer taken is asked for anew', async () => {
    const page = await open();
    await giveToken(page, token);
    await summary(page, '3\\d lines');
    await settled(page);
    await only('another-token');
    await page.keyboard.press('r');
    await dialog(page).getByText('You are no longer let in with what you gave.').waitFor();
    await giveToken(page, 'another-token');
    await summary(page, '3\\d lines');
    await only(token);
  });

  test('with tokens alone no name is asked for, and without credentials nothing', async () => {
    for (const options of [[`--read-tokens=${tokens}`], []]) {
      const other = await openServe(options);
      try {
        const page = await open(other.url);
        if (options.length > 0) {
          await dialog(page).getByLabel('Token', { exact: true }).waitFor();
          assert.equal(await dialog(page).getByLabel('Name').count(), 0);
          await page.keyboard.press('Escape');
          await dialog(page).waitFor({ state: 'hidden' });
        } else await page.getByText('No line has come in yet.').waitFor();
        await settled(page);
        assert.equal(await page.getByRole('button', { name: 'Sign out' }).isVisible(), false);
        await page.context().close();
      } finally {
        await other.end();
      }
    }
  });

  test('what a browser or a proxy sends by itself lets in without a question', async () => {
    const authorization = `Basic ${Buffer.from(`ann:${password}`).toString('base64')}`;
    const page = await visits.open('?view=lines', { extraHTTPHeaders: { authorization } });
    await summary(page, '3\\d lines');
    await settled(page);
    assert.equal(await dialog(page).isVisible(), false);
    assert.equal(await page.getByRole('button', { name: 'Sign out' }).isVisible(), false);
  });

  test('a name and a password in the address do no harm', async () => {
    const url = served.url.replace('//', `//ann:${encodeURIComponent(password)}@`);
    const page = await visits.open(`${url}/?view=lines`);
    await giveToken(page, token);
    await summary(page, '3\\d lines');
  });

  test('no secret stands in an address, in what is logged, or anywhere but in the tab', async () => {
    const secrets = [token, encodeURIComponent(token), password, encodeURIComponent(password)];
    const basic = Buffer.from(`ann:${password}`).toString('base64');
    const logged = () => served.program.lines.map((line) => JSON.stringify(line)).join('\n');
    await fetch(`${served.url}/the-last-of-all`);
    await until('the last request in the log', () => logged().includes('/the-last-of-all'));
    const said = [...asked, logged()].join('\n');
    assert.ok(asked.some((url) => url.includes('/api/follow')));
    for (const secret of [...secrets, basic, basic.replaceAll('=', '')]) assert.ok(!said.includes(secret), secret);
  });
});
