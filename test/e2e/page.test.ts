import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, describe, test } from 'node:test';
import { until } from '../support/program.ts';
import { noBrowser } from './support/browser.ts';
import { drawn, eventually, rows, settled, summary, texts, visiting } from './support/visit.ts';

const hostile = '<img src=x onerror="document.title=1"><script>alert(1)</script>"\'&amp;';

describe('the page in a browser', { skip: noBrowser }, () => {
  const { served, open } = visiting();

  before(async () => {
    await served.write([
      ...Array.from({ length: 700 }, (_, at) => [60 + at, `request ${at} of web`] as const),
      ...Array.from({ length: 40 }, (_, at) => {
        const log = JSON.stringify({ level: 'error', message: `gateway timeout ${at}`, order: 0 }).replace(
          '"order":0',
          '"order":12345678901234567890',
        );
        return [
          90 + at * 10,
          log,
          { pod: 'pay-0', container: 'api', stream: 'stderr', labels: { app: 'pay' } },
        ] as const;
      }),
      [
        30,
        `${hostile} \u001b[31mred\u001b[0m \u202egnp.exe`,
        { pod: 'evil-0', labels: { note: hostile, level: 'constructor', constructor: 'toString' } },
      ],
      [200_000, 'an old line', { pod: 'old-0' }],
    ]);
  });

  test('first the streams with their counts; a click shows the lines, and back leads back', async () => {
    const page = await open();
    await summary(page, '3 streams');
    const table = page.locator('#streams tbody');
    await table.locator('tr', { hasText: /web-0\/nginx.*shop.*700/ }).waitFor();
    await page.getByRole('link', { name: 'pay-0/api' }).click();
    await page.waitForURL(/is=namespace%3Dshop.*is=pod%3Dpay-0.*is=container%3Dapi/);
    await summary(page, '40 lines');
    await eventually(async () => assert.equal(await rows(page).count(), 40));
    await page.goBack();
    await table.locator('tr', { hasText: 'web-0/nginx' }).waitFor();
    await page.goForward();
    await rows(page).first().waitFor();
  });

  test('a search, its marks, and its link', async () => {
    const page = await open('?view=lines');
    await page.keyboard.press('/');
    await page.keyboard.type('"timeout 1" or /timeout 2\\d/');
    await page.keyboard.press('Enter');
    await summary(page, '21 lines');
    await page
      .locator('mark', { hasText: /^timeout \d+$/ })
      .first()
      .waitFor();
    await page.waitForURL(/q=/);
    const again = await open(page.url());
    await summary(again, '21 lines');
    await eventually(async () => assert.deepEqual(await texts(again), await texts(page)));
  });

  test('fields are chosen and shut out, with counts', async () => {
    const page = await open('?view=lines');
    const fields = page.getByRole('navigation', { name: 'Fields' });
    await fields.locator('[title="stream=stderr"]', { hasText: /stderr40$/ }).click();
    await summary(page, '40 lines');
    // What else could be chosen is still counted.
    await fields.locator('[title="stream=stdout"]', { hasText: '701' }).waitFor();
    await page.getByRole('button', { name: 'stream = stderr' }).click();
    await page.getByText('of 701 lines').waitFor();
    await page.getByRole('button', { name: 'Take back stream!=stderr' }).click();
    await page.getByText('of 741 lines').waitFor();
  });

  test('an answer that comes late takes nothing from who was faster', async () => {
    const page = await open();
    await summary(page, '3 streams');
    await page.getByRole('link', { name: 'pay-0/api' }).focus();
    await page.keyboard.press('r');
    await settled(page);
    await page.locator('#streams a:focus', { hasText: 'pay-0/api' }).waitFor();
    await page.locator('#view-lines').click();
    await page.getByText('500 of 741 lines').waitFor();
    await settled(page);
    // Buttons are drawn anew with their counts, but not under a finger.
    const held = Promise.withResolvers<void>();
    await page.route('**/api/counts*', (route) => held.promise.then(() => route.continue()));
    await page.keyboard.press('r');
    await page.getByText('500 lines so far').waitFor();
    await page.locator('[title="stream=stderr"]', { hasText: /stderr$/ }).hover();
    await page.mouse.down();
    const answers = Promise.all(
      [/by=namespace/, /steps=/].map(async (which) => (await page.waitForResponse(which)).finished()),
    );
    held.resolve();
    await answers;
    await page.getByText('500 of 741 lines').waitFor();
    await page.mouse.up();
    await summary(page, '40 lines');
  });

  test('a line opens with its fields; JSON keeps each digit', async () => {
    const page = await open('?q=timeout');
    await rows(page).first().click();
    const detail = page.locator('.detail');
    assert.match(
      (await detail.locator('pre').textContent()) ?? '',
      /^\{\n {2}"level": "error",\n {2}"message": "gateway timeout 0",\n {2}"order": 12345678901234567890\n\}$/,
    );
    await page.locator('#canvas [role=row][aria-expanded=true]').waitFor();
    await detail.getByRole('button', { name: 'Not this: No lines with container api' }).click();
    await page.getByRole('heading', { name: 'Nothing found in the last hour' }).waitFor();
  });

  test('the lines around a line, and the way back', async () => {
    const page = await open('?q="request 300"');
    await rows(page).first().click();
    await page.getByRole('button', { name: /^Lines around it/ }).click();
    await page.locator('#canvas [data-line] .text', { hasText: 'request 300 ' }).waitFor();
    await eventually(async () => {
      const around = await texts(page);
      const at = around.findIndex((text) => text.includes('request 300 '));
      assert.match(around[at - 1] ?? '', /request 299 /);
      assert.match(around[at + 1] ?? '', /request 301 /);
    });
    await page.waitForURL(/line=/);
    const linked = await open(page.url());
    await linked.locator('#canvas [data-line]', { hasText: 'request 300 ' }).waitFor();
    // Who presses twice, since the way back takes its time, goes back once.
    await page.evaluate(`for (const key of ['Escape', 'Escape'])
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))`);
    await page.waitForURL(/\?q=[^&]*$/);
    await summary(page, '1 line');
    await settled(page);
    await page.goForward();
    await page.waitForURL(/line=/);
  });

  test("strangers' text stays text", async () => {
    const page = await open('?is=pod%3Devil-0');
    await summary(page, '1 line');
    assert.deepEqual(await texts(page), [`${hostile} red U+202Egnp.exe`]);
    assert.equal(await page.locator('.ansi-red').textContent(), 'red');
    await rows(page).first().click();
    await page.locator('.known', { hasText: hostile }).waitFor();
    await page.locator('#fields summary', { hasText: 'constructor' }).click();
    await page.locator('#fields .value', { hasText: 'toString' }).waitFor();
    await settled(page);
    await page.locator('#fields summary', { hasText: 'note' }).click();
    await page.locator('#fields .value', { hasText: hostile }).waitFor();
    await settled(page);
    assert.equal(await page.locator('img, script:not([src])').count(), 0);
    await page.goto(
      `${served.url}/?q=${encodeURIComponent(`"${hostile.replaceAll('"', '\\"')}"`)}&by=${encodeURIComponent(hostile)}`,
    );
    await settled(page);
    assert.equal(await page.locator('img, script:not([src])').count(), 0);
  });

  test('what is wrong is told with a way out', async () => {
    const page = await open('?q=(a');
    await page.getByRole('alert').getByText('a parenthesis is not closed').waitFor();
    await page.locator('#q[aria-invalid=true]').waitFor();
    await page.getByRole('button', { name: 'Take back the search' }).click();
    await summary(page, '3 streams');
    await page.route('**/api/**', (route) => route.abort());
    await page.keyboard.press('r');
    await page.getByRole('alert').getByText('can’t be reached').waitFor();
    // What is not asked again by itself.
    await page.route('**/api/**', (route) => route.fulfill({ status: 500 }));
    await page.getByRole('alert').getByText('The server answered 500.').waitFor();
    await settled(page);
    await page.unrouteAll({ behavior: 'wait' });
    await page.getByRole('button', { name: 'Try again' }).click();
    await summary(page, '3 streams');
  });

  test('where there is nothing, the newest line is offered', async () => {
    const page = await open('?is=pod%3Dold-0');
    await page.getByText(/The newest line that fits is from .*, 2 days ago/).waitFor();
    await page.getByRole('button', { name: 'Show it' }).click();
    await page.locator('#canvas', { hasText: 'an old line' }).waitFor();
    await page.goto(`${served.url}/?q=nowhere-at-all`);
    await page.getByText('Nothing fits at any time.').waitFor();
  });

  test('a time is chosen by dragging, by keys, and by typing', async () => {
    const page = await open('?view=lines');
    const plot = page.getByRole('slider');
    const { x, y, width } = (await plot.boundingBox()) ?? { x: 0, y: 0, width: 0 };
    await page.mouse.move(x + width * 0.5, y + 20);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.75, y + 20, { steps: 3 });
    await page.mouse.up();
    await page.waitForURL(/from=.*&to=/);
    const { searchParams } = new URL(page.url());
    const length = Date.parse(searchParams.get('to') ?? '') - Date.parse(searchParams.get('from') ?? '');
    assert.ok(Math.abs(length / 3_600_000 - 0.25) < 0.05, `${length} ms`);
    await settled(page);
    // The mouse marks what it is over.
    await page.mouse.move(0, 0);
    await page.goBack();
    await page.waitForURL(/view=lines$/);
    await settled(page);
    await page.locator('.plot[aria-valuetext="741 lines"]').waitFor();
    await plot.focus();
    await eventually(async () => {
      await page.keyboard.press('ArrowLeft');
      assert.match((await plot.getAttribute('aria-valuetext')) ?? '', /, none: \d+/);
    });
    const step = (await plot.getAttribute('aria-valuetext')) ?? '';
    await page.keyboard.press('Shift+ArrowLeft');
    await page.locator(`.plot[aria-valuetext*=", none: "]:not([aria-valuetext="${step}"])`).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/from=.*&to=/);
    await page.locator('#range').click();
    await page.getByLabel('From', { exact: true }).fill('soon');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.getByRole('alert').getByText('"soon" is no time.').waitFor();
    await page.getByLabel('From', { exact: true }).fill('2h');
    await page.getByLabel('To', { exact: true }).fill('now');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.waitForURL(/from=2h$|from=2h&/);
  });

  test('live: new lines come in; who scrolls away is told how many there are', async () => {
    const page = await open('?q=request&live=1');
    await page.getByRole('button', { name: 'Live', exact: true, pressed: true }).waitFor();
    await served.write([[0, 'request new-1']]);
    await rows(page).first().getByText('request new-1').waitFor();
    await page.locator('#scroller').hover();
    await page.mouse.wheel(0, 2000);
    await page.getByRole('button', { name: 'Paused' }).waitFor();
    await page.waitForFunction(`document.querySelector('#scroller').scrollTop >= 2000`);
    await drawn(page);
    const [first] = await texts(page);
    await served.write([
      [0, 'request new-2'],
      [0, 'request new-3'],
    ]);
    await page.getByRole('button', { name: '↑ 2 new' }).waitFor();
    assert.equal((await texts(page))[0], first);
    await page.getByRole('button', { name: '↑ 2 new' }).click();
    await page.getByRole('button', { name: 'Live', exact: true, pressed: true }).waitFor();
    const top = async () => (await texts(page)).slice(0, 3).toSorted().join();
    await eventually(async () => assert.equal(await top(), 'request new-1,request new-2,request new-3'));
    await page.getByRole('button', { name: 'Newest first' }).click();
    await served.write([[0, 'request new-4']]);
    await rows(page).last().getByText('request new-4').waitFor();
  });

  test('live: more than is kept for one who does not look is found by a search, also if that fails at first', async () => {
    const page = await open('?is=pod%3Dflood-0&live=1');
    const flood = (count: number) =>
      served.write(
        Array.from({ length: count }, (_, at) => [0.5 - at / 1e5, `flood ${at}`, { pod: 'flood-0' }] as const),
      );
    await flood(3);
    await rows(page).nth(2).waitFor();
    await settled(page);
    await page.keyboard.press('j');
    await page.getByRole('button', { name: 'Paused' }).waitFor();
    await flood(5010);
    const news = page.getByRole('button', { name: '↑ 5,010 new' });
    await news.waitFor();
    await page.route('**/api/search*', (route) => route.abort());
    await news.click();
    await page.getByRole('alert').getByText('can’t be reached').waitFor();
    await page.unroute('**/api/search*');
    await rows(page).first().getByText('flood 5009').waitFor();
    await page.getByRole('button', { name: 'Live', exact: true, pressed: true }).waitFor();
  });

  test('a hundred thousand lines: few are in the document, all can be reached, not all are kept for ever', async () => {
    const page = await open();
    const count = 160_000;
    await page.route('**/api/search*', async (route) => {
      const query = new URL(route.request().url()).searchParams;
      const after = query.get('after');
      const backward = query.get('direction') === 'backward';
      const from = after === null ? 0 : Number(after) + (backward ? 1 : -1);
      const all = Array.from({ length: 10_000 }, (_, at) => (backward ? from + at : from - at));
      const entries = all
        .filter((at) => at >= 0 && at < count)
        .map((at) => ({
          time: new Date(1.7e12 - at).toISOString(),
          log: `line ${at} ${'x'.repeat(at % 300)}`,
          cursor: String(at),
        }));
      const last = entries.at(-1)?.cursor ?? '0';
      const next = (backward ? Number(last) < count - 1 : Number(last) > 0) ? last : null;
      await route.fulfill({ json: { entries, next, from: '2023-11-14T00:00:00Z', to: '2023-11-15T00:00:00Z' } });
    });
    await page.locator('#view-lines').click();
    await rows(page).first().waitFor();
    const scroll = (to: number) => page.evaluate(`document.querySelector('#scroller').scrollTop = ${to}`);
    const loaded = async () =>
      Number((await page.locator('#summary').textContent())?.split(' ')[0]?.replaceAll(',', ''));
    await until(
      'a hundred thousand lines',
      async () => {
        await scroll(1e9);
        return (await loaded()) >= 100_000;
      },
      180_000,
    );
    assert.ok((await rows(page).count()) < 150);
    // The end of all, beyond what is kept: the beginning was let go, and comes back.
    await until(
      'the last line',
      async () => {
        await scroll(1e9);
        return (await texts(page)).at(-1)?.startsWith(`line ${count - 1} `) ?? false;
      },
      180_000,
    );
    await eventually(async () => assert.equal(await loaded(), 150_000));
    await page.getByRole('button', { name: 'Wrap' }).click();
    await until(
      'the first line',
      async () => {
        await scroll(1);
        return (await texts(page))[0]?.startsWith('line 0 ') ?? false;
      },
      180_000,
    );
    await eventually(async () => assert.equal(await loaded(), 150_000));
  });

  test('times are told here or in UTC', async () => {
    const page = await open('?view=lines', { timezoneId: 'Asia/Kolkata' });
    const when = page.locator('.when').first();
    await page.locator('.when[title$="UTC+05:30"]').first().waitFor();
    const local = await when.getAttribute('title');
    await page.keyboard.press('u');
    await page.locator('.when[title$=" UTC"]').first().waitFor();
    const utc = await when.getAttribute('title');
    const hours = (said: string | null) => Date.parse(`${(said ?? '').slice(0, 19).replace(' ', 'T')}Z`) / 3_600_000;
    assert.equal(hours(local) - hours(utc), 5.5);
  });

  test('what is shown can be had as a file', async () => {
    const page = await open('?q=timeout');
    const save = async (name: RegExp) => {
      await page.getByRole('button', { name: 'Download' }).click();
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByText(name).click()]);
      return readFile(await download.path(), 'utf8');
    };
    const lines = (await save(/as JSON lines/)).trimEnd().split('\n');
    assert.equal(lines.length, 40);
    const [first] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.equal(first?.['pod'], 'pay-0');
    assert.deepEqual(first?.['labels'], { app: 'pay' });
    assert.match((await save(/as text/)).split('\n')[0] ?? '', /^\d{4}-.*Z pay-0\/api \{"level"/);
  });

  test('the colours are chosen, and stay', async () => {
    const page = await open('', { colorScheme: 'dark' });
    const ground = () => page.evaluate<string>(`getComputedStyle(document.body).backgroundColor`);
    const dark = await ground();
    await page.getByRole('button', { name: 'Colours: as the system' }).click();
    await page.locator('html[data-theme=light]').waitFor();
    const light = await ground();
    assert.notEqual(light, dark);
    await page.reload();
    await settled(page);
    assert.equal(await ground(), light);
    await page.getByRole('button', { name: 'Colours: light' }).click();
    await page.locator('html[data-theme=dark]').waitFor();
    assert.equal(await ground(), dark);
  });

  test('lines of a megabyte, of many lines, and nested without end', async () => {
    const deep = '['.repeat(50_000) + ']'.repeat(50_000);
    await served.write([
      [20, `long ${'x'.repeat(1_000_000)}`, { pod: 'long-0' }],
      [19, `stack\n${'\tat somewhere\n'.repeat(2000)}`, { pod: 'long-0' }],
      [18, deep, { pod: 'long-0' }],
    ]);
    const page = await open('?is=pod%3Dlong-0');
    await summary(page, '3 lines');
    await page.keyboard.press('w');
    await page.locator('#scroller[data-wrap=true]').waitFor();
    await eventually(async () => {
      const all = await rows(page).allTextContents();
      assert.ok(all.length >= 2);
      for (const [index, { length }] of all.entries()) assert.ok(length > 1000 && length < 4000, `${index}: ${length}`);
    });
    await page.keyboard.press('w');
    await page.locator('#scroller[data-wrap=false]').waitFor();
    await rows(page).nth(2).locator('.when').click();
    await page.getByText('The first 100000 of 1000005 characters.').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.detail').waitFor({ state: 'detached' });
    await rows(page).first().locator('.when').click();
    await page.locator('.detail .json').waitFor();
  });
});
