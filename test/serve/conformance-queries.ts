import assert from 'node:assert/strict';
import { until } from '../support/program.ts';
import type { Check } from './conformance-suite.ts';
import { listen } from './listening.ts';
import { record } from './records.ts';
import type { Sides } from './sides.ts';

interface Page {
  entries: { time: string; log: string; cursor: string; pod: string; labels?: Record<string, string> }[];
  next: string | null;
}

const year = 'from=2018-01-01T00:00:00Z&to=2019-01-01T00:00:00Z';
async function page(sides: Sides, query: string): Promise<Page> {
  const { status, text } = await sides.ask(`/api/search?${year}&${query}`);
  assert.equal(status, 200, text);
  return JSON.parse(text) as Page;
}
const second = (number: number) => new Date(Date.UTC(2018, 4, 3) + number * 1000).toISOString();

/** What can be asked beside what an earlier log server knew. */
export function checkQueries(check: Check): void {
  check('B-20 pages: each line once in order, while others are written before and behind', async ({ strict }) => {
    const write = (...numbers: number[]) =>
      strict.post(numbers.map((number) => record(`pages-${number % 3}`, second(number), `line ${number}`)));
    const first = Array.from({ length: 200 }, (_, index) => 1000 + 10 * index);
    await write(...first);
    for (const direction of ['forward', 'backward']) {
      const seen: number[] = [];
      let after = '';
      for (let round = 0; ; round += 1) {
        const { entries, next } = await page(
          strict,
          `match=pod%3D~pages-.*&limit=30&direction=${direction}${after === '' ? '' : `&after=${after}`}`,
        );
        seen.push(...entries.map(({ log }) => Number(log.slice(5))));
        if (next === null) break;
        after = next;
        await write(1005 + 10 * round + (direction === 'forward' ? 0 : 3), 2985 - 10 * round);
      }
      assert.equal(new Set(seen).size, seen.length);
      assert.deepEqual(
        seen.filter((number) => number % 10 === 0),
        direction === 'forward' ? first : first.toReversed(),
      );
      const sorted = seen.toSorted((a, b) => (direction === 'forward' ? a - b : b - a));
      assert.deepEqual(seen, sorted);
    }
    const { status, text } = await strict.ask(`/api/search?${year}&limit=2001`);
    assert.equal(status, 400);
    assert.match(text, /1 to 2000/);
  });

  check('B-20 what is no cursor, or none of this store, is refused with what to do', async ({ strict }) => {
    await strict.post([record('cursor')]);
    const paths = ['/api/search?', '/api/export?'];
    const wrong = ['x', '1', '1.2', '..', '1.2.3.4', `1.1.${'9'.repeat(300)}`, "1.1.1' OR 1", '1.1.–'];
    // No 64 bits hold these times.
    const far = ['9223372036854775808.1.1', '-9999999999999999999.1.1'];
    for (const path of paths)
      for (const cursor of [...wrong, ...far]) {
        const { status, headers, text } = await strict.ask(`${path}after=${encodeURIComponent(cursor)}`);
        assert.deepEqual([status, headers['content-type']], [400, 'application/json'], cursor);
        const { message, problems } = JSON.parse(text) as { message: string; problems: { [key: string]: string }[] };
        assert.equal(message, 'invalid query');
        const [{ parameter, problem, help } = {}, ...others] = problems;
        assert.deepEqual([parameter, others], ['after', []]);
        assert.match(problem ?? '', /^".{1,110}" is no cursor of this store$/);
        assert.equal(help, 'the next of an answer of this server');
      }
    // One of each store, of which one is another's.
    const cursors = ['1525349097094408152.1.1', `1525349097094408152.${'0'.repeat(32)}.1.${'0'.repeat(32)}.0`];
    for (const url of strict.urls)
      for (const path of paths) {
        const statuses = cursors.map(async (cursor) => String((await fetch(`${url}${path}after=${cursor}`)).status));
        assert.deepEqual((await Promise.all(statuses)).toSorted(), ['200', '400']);
      }
    for (const url of strict.urls) {
      const id = (cursor: string) => encodeURIComponent(`1525349097094408152|${cursor}||0|0|0|000000000000.0`);
      const followed = cursors.map(async (cursor) => {
        const leaving = new AbortController();
        const answer = await fetch(`${url}/api/follow?last_event_id=${id(cursor)}`, { signal: leaving.signal });
        const text = answer.ok ? '' : await answer.text();
        leaving.abort();
        return `${answer.status} ${/^\{.*"Last-Event-ID".* is no cursor of this store/.test(text)}`;
      });
      assert.deepEqual((await Promise.all(followed)).toSorted(), ['200 false', '400 true']);
    }
  });

  check('B-25 by text, pattern, stream, label and pods, oldest or newest first', async ({ strict }) => {
    const said = ['GET /a 200', 'GET /b 500', 'error: timeout', 'Error: "reset" – x', '{"level":"error"}', ''];
    await strict.post(
      said.map((log, index) => {
        const { kubernetes, ...rest } = record(`found-${index % 3}`, second(index), log);
        const labels = { 'app.kubernetes.io/name': index < 3 ? 'front' : 'back', list: 'b25' };
        return { ...rest, stream: index % 2 ? 'stderr' : 'stdout', kubernetes: { ...kubernetes, labels } };
      }),
    );
    const found = async (query: string, ...expected: number[]) => {
      const { entries } = await page(strict, `match=list%3Db25&${query}`);
      assert.deepEqual(
        entries.map(({ log }) => log),
        expected.map((index) => said[index]),
        query,
      );
    };
    await found('direction=forward', 0, 1, 2, 3, 4, 5);
    await found('', 5, 4, 3, 2, 1, 0);
    await found('limit=2', 5, 4);
    const ever = 'from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z';
    const { status } = await strict.ask(`/api/search?${ever}&match=list%3Db25`);
    assert.equal(status, 200);
    await found('contains=GET&direction=forward', 0, 1);
    await found('contains=rror&not_contains=timeout', 4, 3);
    await found('regex=%5EGET.*%5Cd%7B3%7D%24', 1, 0);
    await found('not_regex=%28%3Fi%29error', 5, 1, 0);
    await found('stream=stderr', 5, 3, 1);
    await found('pod=found-0&pod=found-2', 5, 3, 2, 0);
    await found('match=app.kubernetes.io%2Fname%3Dback', 5, 4, 3);
    await found('match=app.kubernetes.io%2Fname%21~b.*', 2, 1, 0);
    await found(`q=${encodeURIComponent('(GET or timeout) and not 500')}`, 2, 0);
    await found(`q=${encodeURIComponent('stream=stderr and "app.kubernetes.io/name"=back')}`, 5, 3);
    await found(`q=${encodeURIComponent('/"level":"error"/ or "– x"')}`, 4, 3);
    const { text: counts } = await strict.ask(`/api/counts?${year}&match=list%3Db25&by=stream&step=24h`);
    assert.deepEqual(JSON.parse(counts), {
      counts: ['stdout', 'stderr']
        .map((stream) => ({
          time: '2018-05-03T00:00:00Z',
          by: { stream },
          count: 3,
          bytes: said
            .filter((_, index) => (index % 2 === 0) === (stream === 'stdout'))
            .reduce((sum, log) => sum + Buffer.byteLength(log), 0),
        }))
        .toSorted((a, b) => b.count - a.count || (JSON.stringify(a.by) < JSON.stringify(b.by) ? -1 : 1)),
      step: '1d',
      from: '2018-01-01T00:00:00Z',
      to: '2019-01-01T00:00:00Z',
      more: false,
    });
    const { text: series } = await strict.ask(`/api/series?${year}&match=list%3Db25&pod=found-1`);
    assert.equal((JSON.parse(series) as { series: object[] }).series.length, 2);
    await strict.post(Array.from({ length: 20 }, (_, index) => record(`series-${(index * 7) % 20}`)));
    const some = JSON.parse((await strict.ask(`/api/series?${year}&match=pod%3D~series-.*&limit=3`)).text) as {
      series: { pod: string }[];
      more: boolean;
    };
    assert.deepEqual([some.series.map(({ pod }) => pod), some.more], [['series-0', 'series-1', 'series-10'], true]);
    const lines = await strict.ask(`/api/search?${year}&match=list%3Db25`, {
      headers: { accept: 'application/x-ndjson' },
    });
    assert.equal(lines.headers['content-type'], 'application/x-ndjson');
    assert.equal(lines.text.trimEnd().split('\n').length, said.length);
  });

  check('B-25 who follows is told what comes in, and what came in while it was away', async ({ t, strict }) => {
    const now = Date.now();
    const write = (log: string, ago: number) =>
      strict.post([record('followed', new Date(now - ago).toISOString(), log)]);
    await write('before', 30_000);
    const clients = await Promise.all(strict.urls.map((url) => listen(t, url, 'pod=followed&late=1m')));
    for (const client of clients) await client.began();
    await write('a', 3000);
    await write('b', 2000);
    for (const client of clients) {
      await client.hears('a', 'b');
      client.leave();
    }
    await write('c', 1000);
    const again = await Promise.all(
      strict.urls.map((url, index) => listen(t, url, 'pod=followed&late=1m', clients[index]?.events[0]?.id)),
    );
    for (const client of again) await client.hears('b', 'c');
    await write('late', 1500);
    for (const client of again) await until('the late one', () => client.logs().join() === 'b,c,late');
  });
}
