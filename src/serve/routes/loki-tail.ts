import { asksForSocket, isForeign } from '../http/websocket.ts';
import { parse } from '../logql/parse.ts';
import { LogqlError } from '../logql/syntax.ts';
import { lokiAnswering, readNumber, readTime } from '../loki/loki.ts';
import { messages } from '../loki/tail.ts';
import { createArrivals } from '../query/arrivals.ts';
import { text } from '../reply.ts';
import type { Route } from '../route.ts';

const hour = 3_600_000_000_000n;

const handle = lokiAnswering(
  (form, { method, headers, signal }, { store, values, now, arrivals = createArrivals(now) }) => {
    if (!asksForSocket({ method, headers }))
      return Promise.resolve(text(400, 'tail is a web socket; /api/follow is the way without one\n'));
    if (isForeign({ headers })) return Promise.resolve(text(403, 'not from another site\n'));
    const query = parse(form.get('query') ?? '');
    if (query.kind !== 'log') throw new LogqlError('only queries for lines can be tailed');
    const without = Math.min(100, values['query-limit']);
    const limit = readNumber('limit', form.get('limit'), without, values['query-limit']);
    const start = readTime('start', form.get('start')) ?? now() - hour;
    const context = { store, signal, seen: { lines: 0, bytes: 0 } };
    return Promise.resolve({ status: 101, body: messages({ query, start, limit, arrivals, now }, context) });
  },
);

/** Lines as they come in, as messages of a web socket. */
export default {
  path: '/loki/api/v1/tail',
  access: 'read',
  methods: { GET: handle },
  lasting: true,
  socket: true,
} satisfies Route;
