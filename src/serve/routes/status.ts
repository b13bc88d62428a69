import { answering } from '../query/answer.ts';
import type { Handler, Route } from '../route.ts';
import { earlier } from './logs.ts';

const handle: Handler = async ({ signal }, { store }) => {
  const all = await store.series({ from: -(2n ** 63n), to: 2n ** 63n - 1n, series: [] }, signal);
  const keys = new Set(
    all.flatMap((series) => Object.entries(series).map(([name, value]) => `${earlier[name] ?? name}=${value}`)),
  );
  const body = JSON.stringify({ files_len: all.length, index_keys: [...keys].toSorted() });
  return { status: 200, type: 'application/json', body };
};

/** How many series there are, and by what their lines can be asked for, as an earlier server answered. */
export default { path: '/status', access: 'read', methods: { GET: answering(handle) } } satisfies Route;
