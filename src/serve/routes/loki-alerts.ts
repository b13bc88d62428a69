import { json } from '../reply.ts';
import type { Route } from '../route.ts';

const handle = () => Promise.resolve(json(200, { status: 'success', data: { alerts: [] } }));

/** Where there are no rules there are no alerts. */
export default { path: '/prometheus/api/v1/alerts', access: 'read', methods: { GET: handle } } satisfies Route;
