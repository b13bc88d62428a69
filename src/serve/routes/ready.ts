import { reason, text } from '../reply.ts';
import type { Handler, Route } from '../route.ts';

const handle: Handler = async (_asked, { store }) => {
  try {
    await store.check();
    return text(200, 'ready\n');
  } catch (error) {
    return text(503, `${reason(error)}\n`);
  }
};

/** Loki's probe. */
export default { path: '/ready', access: 'probe', methods: { GET: handle } } satisfies Route;
