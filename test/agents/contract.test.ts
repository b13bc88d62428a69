import { contract } from './contract.ts';
import { allAgents } from './render.ts';

const variants: Record<string, Readonly<Record<string, unknown>>[]> = {
  scalyr: [{}, { layout: 'agent.d', 'parse-lines-json': ['*'] }],
  loki: [{}, { labels: ['*'], 'max-labels': 100 }],
  rsyslog: [{}, { labels: ['*'] }],
  'syslog-ng': [{}, { labels: ['*'], program: '/bin/syslog-ng' }],
  filebeat: [{}, { labels: ['*'] }],
  ship: [{}, { labels: ['*'] }],
  'fluent-bit': [{}, { labels: ['*'], parsers: ['json'] }],
  fluentd: [{}, { labels: ['*'], concat: true, parsers: ['json'], program: '/bin/fluentd' }],
  vector: [{}, { labels: ['*'] }],
  'otel-collector': [
    { 'config-path': '/out/otel/containers.yaml' },
    { 'config-path': '/out/otel/containers.yaml', labels: ['*'], storage: '', pipeline: 'logs', receiver: 'file_log' },
  ],
};

for (const loaded of await allAgents()) contract(loaded, variants[loaded.agent.name]);
