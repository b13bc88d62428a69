import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';

/** A server that takes what ship's http sink posts, or refuses it for a while; it keeps what `read` makes of records. */
export async function startCollector<T>(t: TestContext, read: (record: Record<string, string>) => T) {
  const collector = { url: '', refusing: false, refused: 0, got: [] as T[] };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('error', () => undefined);
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      if (collector.refusing) {
        collector.refused += 1;
        return response.writeHead(503).end('not now');
      }
      const text = gunzipSync(Buffer.concat(parts)).toString().trimEnd();
      const records = (
        text.startsWith('[') ? JSON.parse(text) : text.split('\n').map((line) => JSON.parse(line))
      ) as T[];
      for (const record of records as Record<string, string>[]) collector.got.push(read(record));
      return response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => (server.closeAllConnections(), server.close()));
  collector.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return collector;
}
