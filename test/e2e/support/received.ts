import { createServer as createHttp } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, inflateSync } from 'node:zlib';

/** A line that a shipper has delivered, and what came with it. */
export interface Received {
  log: string;
  attributes: Readonly<Record<string, string>>;
}

/** Reads what a shipper sends at once. */
export type Reading = (body: Buffer) => Received[];

export interface Receiver {
  port: number;
  /** All that has arrived, the beginnings of the lines. */
  lines: Received[];
  /** What has arrived and could not be read, with the reason. */
  unread: string[];
  close(): Promise<void>;
}

const beginning = 200;

/** Takes what is posted, and says yes to it. */
export function receiveHttp(read: Reading, answer: string): Promise<Receiver> {
  const { take, ...taken } = taking(read);
  const server = createHttp((request, response) => {
    request.on('error', () => undefined);
    void buffer(request).then(
      (body) => {
        take(body, request.headers['content-encoding']);
        response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
      },
      () => response.destroy(),
    );
  });
  return listening(server, taken, () => server.closeAllConnections());
}

/** Takes lines over TCP. */
export function receiveTcp(read: Reading): Promise<Receiver> {
  const { take, ...taken } = taking(read);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    createInterface({ input: socket }).on('line', (line) => take(Buffer.from(line)));
  });
  return listening(server, taken, () => sockets.forEach((socket) => socket.destroy()));
}

function taking(read: Reading) {
  const lines: Received[] = [];
  const unread: string[] = [];
  const take = (body: Buffer, encoding?: string) => {
    try {
      const plain = encoding === 'gzip' ? gunzipSync(body) : encoding === 'deflate' ? inflateSync(body) : body;
      for (const { log, attributes } of read(plain)) lines.push({ log: log.slice(0, beginning), attributes });
    } catch (error) {
      unread.push(`${String(error)}: ${body.toString('latin1', 0, beginning)}`);
    }
  };
  return { lines, unread, take };
}

async function listening(
  server: Server,
  taken: Pick<Receiver, 'lines' | 'unread'>,
  closing: () => void,
): Promise<Receiver> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      closing();
    });
  return { port, ...taken, close };
}

type Attributes = Record<string, string>;

const jsonLines = <T>(body: Buffer): T[] =>
  String(body)
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);

/** What rsyslog's template `record` makes of a line. */
export const readRsyslog: Reading = (body) =>
  jsonLines<{ k8s?: { attributes: Attributes }; log: string }>(body).map(({ log, k8s }) => ({
    log,
    attributes: k8s?.attributes ?? {},
  }));

/** Fluentd's records as JSON. */
export const readFluentd: Reading = (body) =>
  jsonLines<{ k8s: Attributes; log: string }>(body).map(({ log, k8s }) => ({ log, attributes: k8s }));

/** OTLP as JSON. */
export const readOtlp: Reading = (body) => {
  interface Export {
    resourceLogs: {
      resource: { attributes?: { key: string; value: { stringValue?: string } }[] };
      scopeLogs: { logRecords: { body: { stringValue?: string } }[] }[];
    }[];
  }
  return (JSON.parse(String(body)) as Export).resourceLogs.flatMap(({ resource, scopeLogs }) => {
    const pairs = (resource.attributes ?? []).map(({ key, value }) => [key, value.stringValue ?? ''] as const);
    const attributes = Object.fromEntries(pairs);
    return scopeLogs
      .flatMap(({ logRecords }) => logRecords)
      .map((one) => ({ log: one.body.stringValue ?? '', attributes }));
  });
};

/** Loki's push as JSON, whose lines are records of Fluent Bit's. */
export const readLoki: Reading = (body) => {
  interface Push {
    streams: { stream: Attributes; values: [string, string, Attributes?][] }[];
  }
  return (JSON.parse(String(body)) as Push).streams.flatMap(({ stream, values }) =>
    values.map(([, line, metadata]) => {
      const { log } = JSON.parse(line) as { log: string };
      return { log, attributes: { ...stream, ...metadata } };
    }),
  );
};

/**
 * The Scalyr agent's `addEvents`: JSON but for names without quotes, and texts as a mark, four bytes of their length, and
 * the bytes as they are.
 */
export const readScalyr: Reading = (body) => {
  interface Events {
    logs: { id: string; attrs: Attributes }[];
    events: { log: string; attrs: { message: string } }[];
  }
  const parts: string[] = [];
  const quoted = (from: number, to?: number) =>
    body
      .toString('utf8', from, to)
      .replaceAll(/"(?:[^"\\]|\\.)*"|([A-Za-z_]\w*)(?=\s*:)/g, (all, name?: string) => (name ? `"${name}"` : all));
  const mark = Buffer.from('`s');
  let at = 0;
  for (let found = body.indexOf(mark); found >= 0; found = body.indexOf(mark, at)) {
    const length = body.readUInt32BE(found + mark.length);
    const text = found + mark.length + 4;
    parts.push(quoted(at, found), JSON.stringify(body.toString('utf8', text, text + length)));
    at = text + length;
  }
  parts.push(quoted(at));
  const { logs = [], events = [] } = JSON.parse(parts.join('')) as Partial<Events>;
  const attributes = new Map(logs.map(({ id, attrs }) => [id, attrs]));
  // Docker's lines are taken apart by the parser of the server.
  const line = (message: string) =>
    message.startsWith('{"log":') ? (JSON.parse(message) as { log: string }).log : message;
  return events
    .map(({ log, attrs }) => ({ log: line(attrs.message), attributes: attributes.get(log) ?? {} }))
    .filter((one) => one.attributes['parser'] !== 'scalyrAgentLog');
};
