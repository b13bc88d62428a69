import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { keepSecret } from '../system/secrets.ts';
import type { Gate } from './http/gate.ts';
import type { World } from './route.ts';
import lokiPush from './routes/loki-push.ts';
import { createServe } from './serve.ts';

/** Where something that runs in the same process pushes to, and by what it is let in. */
export interface Inside {
  url: string;
  headers: Readonly<Record<string, string>>;
  close(): void;
}

/**
 * Opens a door of its own at the loopback address, so that neither certificates nor credentials nor the port of the
 * front stand in the way. Nothing but a push is taken there, and only with a token that no one else knows.
 */
export async function openInside(world: World, ending: AbortSignal): Promise<Inside> {
  const token = randomBytes(32).toString('base64url');
  keepSecret(token);
  const gate: Gate = {
    who: (_, authorization) => (authorization === `Bearer ${token}` ? '' : undefined),
    challenge: () => 'Bearer',
    files: [],
    reload: () => undefined,
  };
  const server = createServe(world, ending, { table: [lokiPush], gate });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${lokiPush.path}`,
    headers: { authorization: `Bearer ${token}` },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
