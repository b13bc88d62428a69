import type { Route } from '../route.ts';
import { checked } from './health.ts';

export default { path: '/readyz', access: 'probe', methods: { GET: checked } } satisfies Route;
