import { json } from '../reply.ts';
import type { Route } from '../route.ts';

// The version is the one of the API that is spoken; clients look at nothing else.
const said = { version: '3.0.0', revision: '', branch: '', buildUser: '', buildDate: '', goVersion: '' };
const handle = () => Promise.resolve(json(200, said));

/** What clients of Loki ask for to know what it can do. */
export default { path: '/loki/api/v1/status/buildinfo', access: 'read', methods: { GET: handle } } satisfies Route;
