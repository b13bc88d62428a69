type Parameters = Readonly<Record<string, string>>;
export type Question = readonly [path: string, parameters: Parameters];

/** Questions that Loki answers with numbers or lines; all times are nanoseconds as text. */
export function questions(start: string, end: string, at: string): Question[] {
  const range = (query: string, more: Parameters = {}): Question => [
    'query_range',
    { query, start, end, limit: '1000', ...more },
  ];
  const instant = (query: string): Question => ['query', { query, time: at }];
  const all = '{container="web"}';
  return [
    ...lines(all).map((query) => range(query)),
    // As Grafana asks; `flags` is a header.
    ...lines(all).map((query) => range(query, { flags: 'categorize-labels' })),
    // Metadata of lines make no series here, so they are asked for with lines only.
    ...traced('{container="traced"}').flatMap((query) => [range(query), range(query, { flags: 'categorize-labels' })]),
    range(all, { limit: '5' }),
    range(all, { limit: '5', direction: 'forward' }),
    range(all, { limit: '5', direction: 'FORWARD' }),
    range(all, { interval: '60s' }),
    ...['count_over_time', 'rate', 'bytes_over_time', 'bytes_rate'].flatMap((name) => [
      range(`${name}(${all}[1m])`, { step: '30s' }),
      range(`${name}(${all}[7s])`, { step: '11s' }),
      range(`sum by (pod) (${name}(${all} |= "hit" [1m]))`, { step: '60' }),
      range(`sum without (pod) (${name}(${all} | json | __error__="" [1m]))`, { step: '1m' }),
      range(`${name}(${all}[1m] offset 2m)`, { step: '45s' }),
      instant(`${name}(${all}[5m])`),
      instant(`sum by (container, nope) (${name}(${all}[5m]))`),
    ]),
    range(`sum(count_over_time(${all} | json | __error__="" [1m])) by (status)`, { step: '1m' }),
    range(`sum by (level) (count_over_time(${all} | logfmt | drop __error__ [30s]))`, { step: '30s' }),
    range(`topk(1, bytes_over_time(${all}[1m]))`, { step: '1m' }),
    range(`rate(${all}[1m])`),
    range('1+1', { step: '60s' }),
    range('vector(3)', { step: '60s' }),
    ...numbers(all).map(instant),
    ['labels', { start, end }],
    ['labels', { start, end, query: '{pod="db-0"}' }],
    ['label/pod/values', { start, end }],
    ['label/pod/values', { start, end, query: '{container="web", pod!="db-0"}' }],
    ['series', { start, end, 'match[]': all }],
    ['series', { start, end, 'match[]': '{pod=~".*-0"}' }],
    ['index/volume', { start, end, query: all }],
    ['index/volume', { start, end, query: all, targetLabels: 'pod' }],
    ['index/volume', { start, end, query: '{pod=~"web-.+"}', limit: '1' }],
  ];
}

const lines = (all: string) => [
  all,
  '{pod=~"web-.*"}',
  '{pod!~"web-.*", container="web"}',
  '{container="web", nope=""}',
  '{container="web", nope!=""}',
  `${all} |= "hit"`,
  `${all} |= "hit" or "line 1"`,
  `${all} != "hit" or "line 1"`,
  `${all} |~ "hit [0-9]*5" |= "status" != "500"`,
  `${all} !~ "hit|line"`,
  `${all} |~ "(?i)HIT [0-9]+5"`,
  `${all} |~ \`^level=(info|error) .*dur=1\\d+ms\``,
  `${all} | logfmt`,
  `${all} | logfmt | dur > 150ms`,
  `${all} | logfmt | n >= 100 and level="error"`,
  `${all} | json | __error__=""`,
  `${all} | json | status >= 500 | __error__=""`,
  `${all} | json | __error__="" | size > 100KB`,
  `${all} | json | __error__="" | took > 0.05s and nested_a = 2`,
  `${all} | json | __error__="" | took > 100ms or (status = 200, level =~ "e.*")`,
  `${all} |= "hit" | json a="nested.a", b="list[1]", c="nested[\\"b c\\"]"`,
  `${all} |= "dur" | logfmt msg, d="dur"`,
  `${all} |= "hit" | json | drop nested_a, msg, level="info"`,
  `${all} |= "hit" | json | keep status`,
  `${all} |= "hit" | json | label_format code=status`,
  `${all} |= "dur" | regexp "n=(?P<num>\\\\d+)$"`,
  `${all} | pod="web-0"`,
  `${all} | pod="web-0" or nope=~".+"`,
  `${all} | json | drop __error__, __error_details__`,
];

const traced = (all: string) => [
  all,
  `${all} | trace_id="t10"`,
  `${all} | trace_id!="" | drop trace_id`,
  `${all} | logfmt | trace_id=~"t.0" or n > 500`,
  `${all} | json | __error__="" | keep trace_id, status`,
  `${all} | label_format trace=trace_id`,
];

const numbers = (all: string) => [
  ...['sum', 'avg', 'min', 'max', 'count'].flatMap((name) => [
    `${name}(count_over_time(${all} |= "hit" [5m]))`,
    `${name} by (pod) (bytes_over_time(${all} |= "hit" [5m]))`,
    `${name}(count_over_time(${all} | json | __error__="" [5m])) by (status, level)`,
    `${name} without (pod) (rate(${all}[5m]))`,
  ]),
  `topk(2, bytes_over_time(${all}[5m]))`,
  `bottomk(1, bytes_over_time(${all}[5m]))`,
  `sort_desc(sum by (pod) (bytes_over_time(${all}[5m])))`,
  'vector(1)+vector(1)',
  `sum(rate(${all}[5m])) * 60 > 10`,
  `sum(rate(${all}[5m])) > bool 10`,
  `100 - sum(count_over_time(${all}[1m]))`,
  'sum(rate({pod="nope"}[5m])) or vector(0)',
  `sum by (pod) (count_over_time(${all}[5m])) / sum by (pod) (count_over_time(${all} |= "hit" [5m]))`,
  `sum by (pod) (count_over_time(${all}[5m])) and sum by (pod) (count_over_time({pod="db-0"}[5m]))`,
  `sum by (pod) (count_over_time(${all}[5m])) unless sum by (pod) (count_over_time({pod="db-0"}[5m]))`,
];

/** Questions that are wrong. */
export function errors(start: string, end: string): Question[] {
  const range = (query: string, more: Parameters = {}): Question => ['query_range', { query, start, end, ...more }];
  const all = '{container="web"}';
  return [
    ['query', { query: all, time: end }],
    ...['', '{container="', '{container=web}', `sum(${all})`, `rate(${all})`, `${all} |~ "("`, `rate(${all}[1m]`].map(
      (query) => range(query),
    ),
    range(`${all} | nope`),
    range(`sum(count_over_time(${all} | json [1m])) by (status)`, { step: '1m' }),
    range(all, { limit: '0' }),
    range(all, { limit: '100000' }),
    range(all, { direction: 'up' }),
    range(all, { start: 'x' }),
    range(all, { start: end, end: start }),
    range(`rate(${all}[1m])`, { step: '1ms' }),
    range(`rate(${all}[1m])`, { step: 'x' }),
  ];
}
