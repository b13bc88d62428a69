import type { Route } from './route.ts';
import counts from './routes/counts.ts';
import exporting from './routes/export.ts';
import follow from './routes/follow.ts';
import health from './routes/health.ts';
import importing from './routes/import.ts';
import livez from './routes/livez.ts';
import logs from './routes/logs.ts';
import lokiAlerts from './routes/loki-alerts.ts';
import lokiBuildinfo from './routes/loki-buildinfo.ts';
import lokiDetectedField from './routes/loki-detected-field.ts';
import lokiDetectedFields from './routes/loki-detected-fields.ts';
import lokiDetectedLabels from './routes/loki-detected-labels.ts';
import lokiLabel from './routes/loki-label.ts';
import lokiLabels from './routes/loki-labels.ts';
import lokiLimits from './routes/loki-limits.ts';
import lokiPatterns from './routes/loki-patterns.ts';
import lokiPush from './routes/loki-push.ts';
import lokiQueryRange from './routes/loki-query-range.ts';
import lokiQuery from './routes/loki-query.ts';
import lokiRules from './routes/loki-rules.ts';
import lokiSeries from './routes/loki-series.ts';
import lokiStats from './routes/loki-stats.ts';
import lokiTail from './routes/loki-tail.ts';
import lokiVolumeRange from './routes/loki-volume-range.ts';
import lokiVolume from './routes/loki-volume.ts';
import metrics from './routes/metrics.ts';
import pageFiles from './routes/page-files.ts';
import page from './routes/page.ts';
import pprof from './routes/pprof.ts';
import query from './routes/query.ts';
import ready from './routes/ready.ts';
import readyz from './routes/readyz.ts';
import search from './routes/search.ts';
import series from './routes/series.ts';
import status from './routes/status.ts';
import write from './routes/write.ts';

/** All that answers. */
export const routes: readonly Route[] = [
  counts,
  exporting,
  follow,
  health,
  importing,
  livez,
  logs,
  lokiAlerts,
  lokiBuildinfo,
  lokiDetectedField,
  lokiDetectedFields,
  lokiDetectedLabels,
  lokiLabel,
  lokiLabels,
  lokiLimits,
  lokiPatterns,
  lokiPush,
  lokiQuery,
  lokiQueryRange,
  lokiRules,
  lokiSeries,
  lokiStats,
  lokiTail,
  lokiVolume,
  lokiVolumeRange,
  metrics,
  page,
  pageFiles,
  pprof,
  query,
  ready,
  readyz,
  search,
  series,
  status,
  write,
];
