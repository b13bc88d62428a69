import { createServer, type AddressInfo } from 'node:net';

/**
 * A port of 127.0.0.1 that nobody had a moment ago: none of those that the kernel gives to whoever asks for any
 * (32768 and more, ip_local_port_range), so that it is still free when it is used, and used again.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.once('error', () => resolve(0));
      server.listen(20_000 + Math.floor(Math.random() * 10_000), '127.0.0.1', () =>
        resolve((server.address() as AddressInfo).port),
      );
    });
    if (port === 0) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}
