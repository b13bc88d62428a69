import { json } from '../reply.ts';
import type { Handler, Route } from '../route.ts';

const handle: Handler = (_asked, { values }) => {
  const limits = {
    max_entries_limit_per_query: values['query-limit'],
    max_query_length: `${values['query-range']}s`,
    retention_period: values.retention ?? '0s',
    volume_enabled: true,
    discover_log_levels: false,
    discover_service_name: [],
    log_level_fields: [],
  };
  return Promise.resolve(json(200, { limits, pattern_ingester_enabled: false, version: '3.0.0' }));
};

/** What Grafana's Logs Drilldown goes by: how far back it offers to look, how many lines, and no tab for patterns. */
export default { path: '/loki/api/v1/drilldown-limits', access: 'read', methods: { GET: handle } } satisfies Route;
