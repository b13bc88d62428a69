import { numbers } from '../loki/numbers.ts';
import { lokiAnswering, pieces, readTime } from '../loki/loki.ts';
import { parse } from '../logql/parse.ts';
import { LogqlError } from '../logql/syntax.ts';
import type { Route } from '../route.ts';

const handle = lokiAnswering((form, { signal }, { store, now }) => {
  const start = readTime('time', form.get('time')) ?? now();
  const query = parse(form.get('query') ?? '');
  if (query.kind === 'log')
    throw new LogqlError(
      'log queries are not supported as an instant query type, please change your query to a range query type',
    );
  const context = { store, signal, seen: { lines: 0, bytes: 0 } };
  return pieces(numbers(query, { start, step: 1_000_000_000n, count: 1 }, true, context));
});

/** Loki's query for numbers at one instant. */
export default { path: '/loki/api/v1/query', access: 'read', methods: { GET: handle, POST: handle } } satisfies Route;
