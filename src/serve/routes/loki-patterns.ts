import { json } from '../reply.ts';
import type { Route } from '../route.ts';

const handle = () => Promise.resolve(json(200, { status: 'success', data: [] }));

/** Patterns of lines are not looked for: there are none. */
export default { path: '/loki/api/v1/patterns', access: 'read', methods: { GET: handle } } satisfies Route;
