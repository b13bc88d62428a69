// A destination that takes everything: answers 204, and tells its parent the bytes and each push's time, once asked.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

let bytes = 0;
const server = createServer((request, response) => {
  request.on('data', (part: Buffer) => (bytes += part.length));
  request.on('end', () => {
    response.writeHead(204).end();
    process.send?.({ at: Date.now() });
  });
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('message', () => process.send?.({ bytes }));
process.on('disconnect', () => process.exit());
