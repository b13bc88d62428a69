import { join } from 'node:path';
import { parse } from 'yaml';
import { tree } from '../../support/tree.ts';

/** A log that one of the shippers is told to follow. */
export interface Shipped {
  agent: string;
  pod: string;
  container: string;
  version: string;
  /** The path that the shipper is given. */
  log: string;
}

interface Attributes {
  pod: string;
  container: string;
  version: string;
}

/** What each of the shippers reads in its directory, every file with a strict parser. */
export async function shipped(shipper: string): Promise<Shipped[]> {
  return Object.entries(await tree(shipper)).flatMap(([path, content]): Shipped[] => {
    const [place, ...parts] = path.split('/');
    switch (place) {
      case 'agent.json': {
        const { logs } = JSON.parse(content) as { logs: { path: string; attributes: Attributes }[] };
        return logs.map(({ path: log, attributes: { pod, container, version } }) => {
          return { agent: 'scalyr', pod, container, version, log };
        });
      }
      case 'jobs': {
        const { source, fields } = parse(content, { strict: true, uniqueKeys: true }) as {
          source: { path: string; nameGlob: string };
          fields: { application_pod: string; container_name: string; application_version: string };
        };
        const { application_pod: pod, container_name: container, application_version: version } = fields;
        return [{ agent: 'appdynamics', pod, container, version, log: join(source.path, source.nameGlob) }];
      }
      case 'loki': {
        const targets = JSON.parse(content) as { labels: Attributes & { __path__: string } }[];
        return targets.map(({ labels: { pod, container, version, __path__: log } }) => {
          return { agent: 'loki', pod, container, version, log };
        });
      }
      case 'links': {
        const [, , , , , version = '', container = '', file = ''] = parts;
        return [{ agent: 'symlinker', pod: file.replace(/\.log$/, ''), container, version, log: join(shipper, path) }];
      }
      default:
        return [];
    }
  });
}
