import type { Log } from '../system/log.ts';
import type { Connection } from './connection.ts';

export type Verb = 'list' | 'watch';

/** Whether a collection can be read from the API server; told when it changes. */
export function createHealth(name: string, connection: Pick<Connection, 'server'>, log: Log) {
  let ill: { verb: Verb; text: string } | undefined;
  return {
    get error() {
      return ill?.text;
    },
    sicken(verb: Verb, text: string, level: 'warn' | 'error'): void {
      if (ill?.text === text) return;
      ill = { verb, text };
      log[level](`the ${name} can not be read from the API server`, { server: connection.server, error: text });
    },
    heal(verb: Verb): void {
      // A list that succeeds says nothing about the watch.
      if (!ill || (verb === 'list' && ill.verb === 'watch')) return;
      ill = undefined;
      log.info(`the ${name} are read from the API server again`, { server: connection.server });
    },
  };
}
