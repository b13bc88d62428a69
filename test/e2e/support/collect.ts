// A collector as a process: `node collect.ts FILE`. Appends each record that ship sends to a file, and prints its port.
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

const [, , file = ''] = process.argv;
const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    appendFileSync(file, gunzipSync(Buffer.concat(parts)));
    response.writeHead(204).end();
  });
});
server.listen(0, '127.0.0.1', () => console.log(`port ${(server.address() as AddressInfo).port}`));
