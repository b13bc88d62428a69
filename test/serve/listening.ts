import type { TestContext } from 'node:test';
import { until } from '../support/program.ts';

interface Event {
  id: string;
  log: string;
  cursor: string;
}

/** A client that follows until it leaves: an `EventSource`, without its coming back. */
export async function listen(t: TestContext, url: string, query = '', id?: string) {
  const controller = new AbortController();
  t.after(() => controller.abort());
  const headers: Record<string, string> = id === undefined ? {} : { 'last-event-id': id };
  const answer = await fetch(`${url}/api/follow?${query}`, { headers, signal: controller.signal });
  const events: Event[] = [];
  const heard = { last: '', ended: false };
  const read = async () => {
    let text = '';
    for await (const piece of answer.body ?? []) {
      text += Buffer.from(piece as Uint8Array).toString('utf8');
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const fields = new Map(
          text
            .slice(0, end)
            .split('\n')
            .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
        );
        text = text.slice(end + 2);
        heard.last = fields.get('id') ?? heard.last;
        const data = fields.get('data');
        if (data !== undefined)
          events.push({ id: heard.last, ...(JSON.parse(data) as { log: string; cursor: string }) });
      }
    }
  };
  void read().then(
    () => (heard.ended = true),
    () => (heard.ended = true),
  );
  const logs = () => events.map(({ log }) => log);
  return {
    answer,
    events,
    heard,
    logs,
    leave: () => controller.abort(),
    began: () => until('the first id', () => heard.last !== ''),
    hears: (...all: string[]) =>
      until(`the lines ${all.join(', ')}`, () => JSON.stringify(logs()) === JSON.stringify(all)),
  };
}
