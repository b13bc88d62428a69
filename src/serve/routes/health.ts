import { json, reason } from '../reply.ts';
import type { Handler, Route } from '../route.ts';

export const checked: Handler = async (_asked, { store }) => {
  try {
    await store.check();
    return json(200, { healthy: true, detail: '' });
  } catch (error) {
    return json(503, { healthy: false, detail: reason(error) });
  }
};

/** The probe of an earlier server's manifests. */
export default { path: '/write', access: 'probe', methods: { GET: checked } } satisfies Route;
