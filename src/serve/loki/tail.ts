import { createLines, labelsOf, type Line } from '../logql/line.ts';
import { lines, select, type Context, type Selected } from '../logql/select.ts';
import type { LogQuery } from '../logql/syntax.ts';
import type { Arrivals } from '../query/arrivals.ts';
import { begin, follow, type Following } from '../query/follow.ts';

export interface Tailing {
  query: LogQuery;
  /** Nanoseconds since 1970: what was there before is told since then. */
  start: bigint;
  /** The most lines that are told of what was there before. */
  limit: number;
  arrivals: Arrivals;
  now(): bigint;
}

const second = 1_000_000_000n;
const end = 2n ** 63n - 1n;
/** Nanoseconds: how long after its time a line may come in, how long to be still, and how long names are believed. */
const late = 10n * second;
const quiet = 15n * second;
const stale = 10n * second;
/** Letters of one message, and of all that was there before. */
const enough = 65_536;
const mostLetters = 512 * 1024;

/** The messages of Loki's `tail`: the newest lines that are there, then all that come in. An empty one is a sign of life. */
export async function* messages(tailing: Tailing, context: Context): AsyncGenerator<string> {
  const { query, start, arrivals, now } = tailing;
  const { store, signal } = context;
  // Without an end: what comes in while it is begun is there before, or new, and never neither.
  const choose = () => select(query, { from: start, to: end }, [], context);
  let selected = await choose();
  const following: Following = { store, asking: asked(selected), late, arrivals, now, signal };
  const told = await begin(following, undefined);
  const before = await past(tailing, selected, context);
  // What came in meanwhile is in both.
  const known = new Set(before.map(({ cursor }) => cursor));
  let message = batch();
  for (const { time, line } of before) {
    message.add(time, line);
    if (message.letters() >= enough) yield message.take();
  }
  let chosen = now();
  let spoke = chosen;
  const lineOf = createLines();
  for await (const found of follow(following, told)) {
    if (found) {
      const line = lineOf(found);
      if (!known.has(found.cursor) && selected.steps.every((step) => step(line))) message.add(found.time, line);
      if (message.letters() < enough) continue;
    }
    const current = now();
    if (!found && current - chosen >= stale) {
      // A label that came up since may be what a name of the query stands for.
      selected = await choose();
      following.asking = asked(selected);
      chosen = current;
    }
    if (message.letters() > 0) yield message.take();
    else if (current - spoke >= quiet) yield '';
    else continue;
    spoke = current;
  }
}

const asked = ({ selection }: Selected) => ({ selection, rest: [] });

/** The newest lines that are there, oldest first. */
async function past({ limit }: Tailing, selected: Selected, context: Context) {
  const found: { time: bigint; cursor: string; line: Line }[] = [];
  let letters = 0;
  for await (const { found: entry, line } of lines(selected, 'backward', context)) {
    found.push({ time: entry.time, cursor: entry.cursor, line });
    letters += line.log.length;
    if (found.length === limit || letters > mostLetters) break;
  }
  return found.toReversed();
}

/** Gathers lines in their order; those of one stream that follow each other stand together. */
function batch() {
  let text = '';
  let last = '';
  return {
    letters: () => text.length,
    add(time: bigint, line: Line) {
      const labels = JSON.stringify(labelsOf(line, true));
      const value = `["${time}",${JSON.stringify(line.log)}]`;
      if (text !== '' && labels === last) text += `,${value}`;
      else text += `${text === '' ? '' : ']},'}{"stream":${labels},"values":[${value}`;
      last = labels;
    },
    take() {
      const message = `{"streams":[${text}]}]}`;
      text = '';
      return message;
    },
  };
}
