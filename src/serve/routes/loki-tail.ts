import { text } from '../reply.ts';
import type { Route } from '../route.ts';

const handle = () =>
  Promise.resolve(
    text(501, 'tail needs a web socket, which is not spoken here; /api/follow gives lines as they come in\n'),
  );

/** Says that there is another way. */
export default { path: '/loki/api/v1/tail', access: 'read', methods: { GET: handle } } satisfies Route;
