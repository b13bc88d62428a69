import { answering, faultOf } from '../query/answer.ts';
import { parseDuration } from '../query/duration.ts';
import { createArrivals } from '../query/arrivals.ts';
import { begin, follow, resume, strange, type Following } from '../query/follow.ts';
import { formatPlace, parsePlace, type Told } from '../query/follower.ts';
import { parametersOf } from '../query/parameters.ts';
import type { Handler, Route } from '../route.ts';
import { createRowText } from '../query/row.ts';
import { asking, readSeries, readText, readTime, timeHelp } from '../query/selection.ts';

const second = 1_000_000_000n;
/** Nanoseconds between two signs of life. */
const quiet = 15n * second;
/** Letters that are gathered before they are sent. */
const enough = 65_536;

const handle: Handler = async ({ query, headers, signal }, { store, log, now, arrivals = createArrivals(now) }) => {
  const parameters = parametersOf(query);
  const conditions = [...readSeries(parameters), ...readText(parameters)];
  const from = parameters.one('from', readTime(now()), timeHelp);
  const late = parameters.one('late', lateness, 'a length of time up to 5m') ?? 10n * second;
  const given = parameters.one('last_event_id', String, 'the id of an event');
  const id = [headers['last-event-id'] ?? given].flat()[0] ?? '';
  const place = id === '' ? undefined : parsePlace(id);
  if (id !== '' && !place) parameters.wrong('Last-Event-ID', 'is none of this server', 'the id of an event, or none');
  const range = { from: 0n, to: 0n };
  const following: Following = { store, asking: asking(conditions, range), late, arrivals, now, signal };
  const problem = place && (await strange(following, place));
  if (problem !== undefined) parameters.wrong('Last-Event-ID', problem, 'the id of an event of this server, or none');
  parameters.done();
  const told = place ? await resume(following, place) : await begin(following, from);
  const body = events(following, told, (error) => log.error('following failed', { error }));
  const unbuffered = { 'cache-control': 'no-store', 'x-accel-buffering': 'no' };
  return { status: 200, type: 'text/event-stream', headers: unbuffered, body };
};

const lateness = (text: string) => {
  const late = parseDuration(text);
  return late !== undefined && late <= 300n * second ? late : undefined;
};

async function* events(following: Following, told: Told, log: (error: unknown) => void): AsyncGenerator<string> {
  // An id without data is remembered by the client, and is no event of its own.
  let waiting = `retry: 1000\nid: ${formatPlace(told)}\n\n`;
  let spoke = 0n;
  const rowText = createRowText();
  try {
    for await (const found of follow(following, told)) {
      if (found) waiting += `id: ${formatPlace(told)}\ndata: ${rowText(found)}\n\n`;
      else if (waiting === '' && following.now() - spoke >= quiet) waiting = `: quiet\nid: ${formatPlace(told)}\n\n`;
      if (waiting === '' || (found && waiting.length < enough)) continue;
      spoke = following.now();
      yield waiting;
      waiting = '';
    }
  } catch (error) {
    if (following.signal.aborted) return;
    log(error);
    yield `${waiting}event: problem\ndata: ${JSON.stringify(faultOf(error))}\n\n`;
  }
}

/** What comes in from now on, as server-sent events. */
export default {
  path: '/api/follow',
  access: 'read',
  methods: { GET: answering(handle) },
  lasting: true,
} satisfies Route;
