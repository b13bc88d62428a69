import { answering, begun } from '../query/answer.ts';
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
  const series = [{ name: ours.get(key) ?? key, op: '=', value }] as const;
  const times = { from: -(2n ** 63n), to: 2n ** 63n - 1n };
  const found = store.search({ ...times, series, text: [], direction: 'forward' }, signal)[Symbol.asyncIterator]();
  const first = await found.next();
  if (first.done) return { status: 404 };
  return { status: 200, type: 'application/json', body: await begun(list(first.value, found)) };
};

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
