import type { IncomingMessage } from 'node:http';
import { orAbort } from '../abort.ts';
import { BodyError, readBody, readStream } from './body.ts';
import type { Place } from './dispatch.ts';
import { TimeOver, type Life } from './life.ts';
import type { Share } from './limits.ts';
import { refusal, text } from '../reply.ts';
import type { Asked, Reply, World } from '../route.ts';
import type { Shared } from '../serve.ts';

/** One request on its way; who asks and what it has to give back are filled in. */
export interface Visit {
  request: IncomingMessage;
  place: Place;
  query: URLSearchParams;
  life: Life;
  who: string;
  release(): void;
}

const again = { 'retry-after': '1' };

/** Finds out whether a request may be answered now, and answers it. Rejects only if nobody waits any more. */
export async function answer(visit: Visit, { world, gate, limits }: Shared): Promise<Reply> {
  const { request, place, life } = visit;
  if (place.methods.size === 0) return text(404, '404 page not found\n');
  const found = place.methods.get(request.method ?? '');
  if (!found) return { status: 405, headers: { allow: [...place.methods.keys()].toSorted().join(', ') } };
  const { route, handle } = found;
  // A page of strangers in a browser that can reach this server may not write here.
  if (request.headers['sec-fetch-site'] === 'cross-site' && !/^(GET|HEAD)$/.test(request.method ?? ''))
    return text(403, 'not from another site\n');
  const who = gate ? gate.who(route.access, request.headers.authorization) : '';
  if (gate && who === undefined) {
    world.metrics.denied.inc();
    const challenge = gate.challenge(route.access, request.headers['x-requested-with'] !== undefined);
    return { ...text(401, 'unauthorized\n'), headers: { 'www-authenticate': challenge } };
  }
  visit.who = who ?? '';
  const share = limits.enter(route);
  if (!share) {
    const status = route.access === 'write' ? 429 : 503;
    return { ...refusal(status, { message: 'too many requests', detail: 'come again' }), headers: again };
  }
  const work = handle(askedBy(visit, share, world), world);
  // Work goes on when its client is gone, and takes up what it takes up.
  visit.release = () => void work.catch(() => undefined).then(() => share.release());
  try {
    const reply = await orAbort(work, life.signal);
    return route.lasting ? reply : await begun(reply, life.signal);
  } catch (error) {
    if (error instanceof BodyError)
      return { ...text(error.status, `${error.message}\n`), ...(error.status === 429 && { headers: again }) };
    if (error instanceof TimeOver)
      return { ...text(request.complete ? 503 : 408, `${error.message}\n`), headers: again };
    if (life.signal.aborted) return text(503, 'the server ends\n');
    world.log.error('a request failed', { path: place.name, error });
    return text(500, 'internal error\n');
  }
}

function askedBy({ request, place, query, life }: Visit, share: Share, { values }: World): Asked {
  const limit = values['body-limit'];
  return {
    method: request.method ?? '',
    rest: place.rest,
    query,
    headers: request.headers,
    body: () => readBody(request, limit, (bytes) => share.hold(bytes)),
    async *stream() {
      for await (const piece of readStream(request, limit)) {
        life.renew();
        yield piece;
      }
    },
    signal: life.signal,
  };
}

/** Waits for the first piece, so that what can't begin is answered as an error and not as an empty success. */
async function begun(reply: Reply, signal: AbortSignal): Promise<Reply> {
  if (typeof reply.body !== 'object' || !(Symbol.asyncIterator in reply.body)) return reply;
  const pieces = reply.body[Symbol.asyncIterator]();
  let first: IteratorResult<string | Buffer> | undefined = await orAbort(pieces.next(), signal);
  const all: AsyncIterator<string | Buffer> = {
    next() {
      const next = first ? Promise.resolve(first) : pieces.next();
      first = undefined;
      return next;
    },
    return: () => pieces.return?.() ?? Promise.resolve({ done: true, value: undefined }),
  };
  return { ...reply, body: { [Symbol.asyncIterator]: () => all } };
}
