import { contract } from './contract.ts';
import { allAgents } from './render.ts';

const variants: Record<string, Readonly<Record<string, unknown>>[]> = {
  scalyr: [{}, { layout: 'agent.d', 'parse-lines-json': ['*'] }],
  loki: [{}, { labels: ['*'], 'max-labels': 100 }],
};

for (const loaded of await allAgents()) contract(loaded, variants[loaded.agent.name]);
