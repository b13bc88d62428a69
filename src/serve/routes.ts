import type { Route } from './route.ts';
import health from './routes/health.ts';
import livez from './routes/livez.ts';
import metrics from './routes/metrics.ts';
import query from './routes/query.ts';
import readyz from './routes/readyz.ts';
import write from './routes/write.ts';

/** All that answers. */
export const routes: readonly Route[] = [health, livez, metrics, query, readyz, write];
