import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { freePort } from './port.ts';

/** How a shipper meets a reload. */
export type Manner =
  | 'reload'
  | 'reload later'
  | 'refuse'
  | 'fail'
  | 'say yes and do nothing'
  | 'hang'
  | 'break off'
  | 'reload and break off'
  | 'hang up'
  | 'redirect'
  | 'talk'
  | 'babble';

/** A shipper's HTTP server on a real socket: POST /reload, and GET /state with the count of its reloads. */
export async function createShipper(t: TestContext, manner: Manner = 'reload', port?: number) {
  const requests: { method: string; path: string; body: string; headers: IncomingMessage['headers'] }[] = [];
  const shipper = { manner, state: 'well' as 'well' | 'ill' | 'bare' | 'hangs', count: 0 };

  const reload = (response: ServerResponse): unknown => {
    const yes = JSON.stringify({ reload: 'done', status: 0, more: { deep: true } });
    const json = { 'content-type': 'application/json' };
    switch (shipper.manner) {
      case 'reload':
        shipper.count += 1;
        return response.writeHead(200, json).end(yes);
      case 'reload later':
        setTimeout(() => (shipper.count += 1), 60);
        return response.writeHead(202, json).end(yes);
      case 'refuse':
        return response.writeHead(200, json).end(JSON.stringify({ reload: 'not supported', status: -2 }));
      case 'fail':
        return response.writeHead(500).end(`oh\nno \u001b[31m${'x'.repeat(1000)}`);
      case 'say yes and do nothing':
        return response.writeHead(200, json).end(yes);
      case 'reload and break off':
      case 'break off':
        if (shipper.manner !== 'break off') shipper.count += 1;
        response.writeHead(200, { 'content-length': 1000 }).write('{"reload":');
        return setTimeout(() => response.destroy(), 20);
      case 'hang up':
        return response.destroy();
      case 'redirect':
        return response.writeHead(307, { location: '/elsewhere' }).end();
      case 'talk':
        return response.writeHead(200).end('done');
      case 'babble':
        response.writeHead(200, json);
        response.on('error', () => undefined).write(`{"reload":"done","status":0,"more":"${'x'.repeat(1_000_000)}`);
        return undefined;
      default:
        return undefined;
    }
  };
  const state = (response: ServerResponse) => {
    if (shipper.state === 'hangs') return undefined;
    if (shipper.state === 'ill') return response.writeHead(503).end('not now');
    return response.end(JSON.stringify(shipper.state === 'bare' ? {} : { reloads: { count: shipper.count } }));
  };
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { method = '', url: path = '', headers } = request;
      requests.push({ method, path, body, headers });
      return path === '/state' ? state(response) : reload(response);
    });
  });
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => void server.close(resolve));
  };
  server.listen(port ?? (await freePort()), '127.0.0.1');
  await once(server, 'listening');
  t.after(close);
  const { port: at } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${at}`;
  return Object.assign(shipper, {
    port: at,
    url,
    requests,
    /** How often it was asked to reload. */
    asked: () => requests.filter(({ path }) => path !== '/state').length,
    http: { kind: 'http', method: 'POST', url: `${url}/reload` } as const,
    confirm: { url: `${url}/state`, field: 'reloads.count' },
    close,
  });
}
