import { answering, begun } from '../query/answer.ts';
import { spell } from '../logql/names.ts';
import { valueOf } from '../query/row.ts';
import type { Handler, Route } from '../route.ts';
import type { Found } from '../store.ts';

/** Names of an earlier server for what is called otherwise here. */
export const earlier: Readonly<Record<string, string>> = {
  pod: 'pod_name',
  container: 'container_name',
  docker_id: 'container_id',
};
const ours = new Map(Object.entries(earlier).map(([own, other]) => [other, own]));

const handle: Handler = async ({ rest, signal }, { store }) => {
  const [key, value] = decode(rest);
  if (key === '' || value === '') return { status: 404 };
  const name = ours.get(key) ?? key;
  const search = (name: string) => {
    const series = [{ name, op: '=', value }] as const;
    const times = { from: -(2n ** 63n), to: 2n ** 63n - 1n };
    return store.search({ ...times, series, text: [], direction: 'forward' }, signal);
  };
  // Of what was pushed, names are such as Loki takes.
  const spelling = spell(key);
  const lines = spelling === key ? search(name) : inOrder(search(name), without(search(spelling), name, value));
  const found = lines[Symbol.asyncIterator]();
  const first = await found.next();
  if (first.done) return { status: 404 };
  return { status: 200, type: 'application/json', body: await begun(list(first.value, found)) };
};

/** Those of both, by time. */
async function* inOrder(one: AsyncIterable<Found>, other: AsyncIterable<Found>): AsyncGenerator<Found> {
  const waiting = await Promise.all([one, other].map((all) => next(all[Symbol.asyncIterator]())));
  try {
    for (;;) {
      const [a, b] = waiting;
      const first = !a || (b && b.found.time < a.found.time) ? 1 : 0;
      const taken = waiting[first];
      if (!taken) return;
      yield taken.found;
      waiting[first] = await next(taken.from);
    }
  } finally {
    for (const one of waiting) await one?.from.return?.();
  }
}

async function next(from: AsyncIterator<Found>): Promise<{ found: Found; from: AsyncIterator<Found> } | undefined> {
  const { done, value } = await from.next();
  return done ? undefined : { found: value, from };
}

/** Those that have not this value by that name too. */
async function* without(all: AsyncIterable<Found>, name: string, value: string): AsyncGenerator<Found> {
  for await (const one of all) if (valueOf(one, name) !== value) yield one;
}

async function* list(first: Found, others: AsyncIterator<Found>): AsyncGenerator<string> {
  yield `[${JSON.stringify(first.log)}`;
  for await (const { log } of { [Symbol.asyncIterator]: () => others }) yield `,${JSON.stringify(log)}`;
  yield ']';
}

/** Key and value of `<key>/<value>`; a value may have slashes, a key has them encoded. */
function decode(rest: string): [string, string] {
  const mark = rest.indexOf('/');
  try {
    return mark < 0 ? ['', ''] : [decodeURIComponent(rest.slice(0, mark)), decodeURIComponent(rest.slice(mark + 1))];
  } catch {
    // Not encoded as an address has to be: nothing has such a name.
    return ['', ''];
  }
}

/** All lines of the series that have a name with this value, as an earlier server answered. */
export default { path: '/logs/*', access: 'read', methods: { GET: answering(handle) } } satisfies Route;
