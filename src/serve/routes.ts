import type { Route } from './route.ts';
import health from './routes/health.ts';
import livez from './routes/livez.ts';
import lokiPush from './routes/loki-push.ts';
import metrics from './routes/metrics.ts';
import query from './routes/query.ts';
import readyz from './routes/readyz.ts';
import write from './routes/write.ts';

/** All that answers. */
export const routes: readonly Route[] = [health, livez, lokiPush, metrics, query, readyz, write];
