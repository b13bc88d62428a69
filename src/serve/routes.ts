import type { Route } from './route.ts';
import counts from './routes/counts.ts';
import exporting from './routes/export.ts';
import follow from './routes/follow.ts';
import health from './routes/health.ts';
import importing from './routes/import.ts';
import livez from './routes/livez.ts';
import lokiPush from './routes/loki-push.ts';
import metrics from './routes/metrics.ts';
import query from './routes/query.ts';
import readyz from './routes/readyz.ts';
import search from './routes/search.ts';
import series from './routes/series.ts';
import write from './routes/write.ts';

/** All that answers. */
export const routes: readonly Route[] = [
  counts,
  exporting,
  follow,
  health,
  importing,
  livez,
  lokiPush,
  metrics,
  query,
  readyz,
  search,
  series,
  write,
];
