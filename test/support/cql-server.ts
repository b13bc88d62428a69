import { createHash } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { bytes, int, openOf, opcodes, preparedResult, readBatch, rowsResult, short, string } from './cql-frames.ts';
import { freePort } from './port.ts';

/**
 * How a statement is met. `unprepared`: as by a server that was restarted. `drop`: the connection is closed, and what was
 * sent is not kept. `forget`: it is kept, and the connection is closed. `silence`: it is not kept and never answered.
 */
export type Manner =
  'well' | 'unavailable' | 'overloaded' | 'write timeout' | 'invalid' | 'unprepared' | 'drop' | 'forget' | 'silence';

export interface CqlServer {
  port: number;
  /** Meets statements that write or read; those that set up are met well. */
  manner: Manner;
  /** Meets the next ones, one each, before `manner` does. */
  manners: Manner[];
  /** The texts of all lines that were kept, in the order of arrival; what came twice is there twice. */
  kept: string[];
  /** All statements but reads of the system's tables, as they were prepared or asked. */
  statements: string[];
  /** How each batch or single statement was met, and the most that were worked on at once. */
  met: Manner[];
  most: number;
  /** Milliseconds before an answer to what is met. */
  pause: number;
  connections: number;
  listen(): Promise<void>;
  close(): Promise<void>;
}

export interface CqlSettings {
  /** By default one that is free. */
  port?: number;
  user?: string;
  password?: string;
  tls?: { key: string; cert: string };
}

const uuid = Buffer.alloc(16, 1);
const setOf = (text: string) => Buffer.concat([int(1), bytes(Buffer.from(text))]);
const mapOf = (pairs: Readonly<Record<string, string>>) =>
  Buffer.concat([
    int(Object.keys(pairs).length),
    ...Object.entries(pairs).flatMap(([name, value]) => [bytes(Buffer.from(name)), bytes(Buffer.from(value))]),
  ]);

/** Answers of the system's tables to what the driver and the store ask of them at their start. */
function systemRows(query: string): Buffer | undefined {
  const text = (value: string) => Buffer.from(value);
  if (/FROM system\.local/i.test(query))
    return rowsResult(
      ['key', 'data_center', 'rack', 'release_version', 'partitioner', 'tokens', 'host_id', 'schema_version'],
      [
        [
          text('local'),
          text('dc1'),
          text('r1'),
          text('5.0.0'),
          text('org.apache.cassandra.dht.Murmur3Partitioner'),
          setOf('0'),
          uuid,
          uuid,
        ],
      ],
    );
  if (/FROM system\.peers/i.test(query)) return rowsResult(['data_center'], []);
  if (/FROM system_schema\.keyspaces/i.test(query)) {
    const replication = mapOf({ class: 'org.apache.cassandra.locator.SimpleStrategy', replication_factor: '1' });
    return rowsResult(
      ['keyspace_name', 'replication', 'durable_writes'],
      [[text('test'), replication, Buffer.from([1])]],
    );
  }
  return /FROM system/i.test(query) ? rowsResult(['keyspace_name'], []) : undefined;
}

const faults: Readonly<Partial<Record<Manner, Buffer>>> = {
  unavailable: Buffer.concat([int(0x1000), string('too few'), short(6), int(1), int(0)]),
  overloaded: Buffer.concat([int(0x1001), string('too much to do')]),
  'write timeout': Buffer.concat([int(0x1100), string('late'), short(6), int(0), int(1), string('UNLOGGED_BATCH')]),
  invalid: Buffer.concat([int(0x2200), string('unconfigured table')]),
};

/** Speaks the native protocol for as much as the store's statements need; keeps nothing but what it was told to write. */
export async function startCqlServer(t: Pick<TestContext, 'after'>, settings: CqlSettings = {}): Promise<CqlServer> {
  const sockets = new Set<Socket>();
  const prepared = new Map<string, string>();
  let now = 0;

  function serve(socket: Socket): void {
    cql.connections += 1;
    socket.on('error', () => undefined);
    let rest = Buffer.alloc(0);
    socket.on('data', (part: Buffer) => {
      rest = Buffer.concat([rest, part]);
      while (rest.length >= 9 && rest.length >= 9 + rest.readInt32BE(5)) {
        const end = 9 + rest.readInt32BE(5);
        const [stream, opcode, body] = [rest.readInt16BE(2), rest[4] ?? 0, rest.subarray(9, end)];
        rest = rest.subarray(end);
        const answer = (opcode: number, content: Buffer) => {
          const header = Buffer.concat([Buffer.from([0x84, 0]), short(stream & 0xffff), Buffer.from([opcode])]);
          if (!socket.destroyed) socket.write(Buffer.concat([header, int(content.length), content]));
        };
        handle(opcode, body, answer, socket);
      }
    });
  }

  function handle(opcode: number, body: Buffer, answer: (opcode: number, content: Buffer) => void, socket: Socket) {
    const done = () => answer(opcodes.result, int(1));
    switch (opcode) {
      case opcodes.startup:
        if (settings.user === undefined) answer(opcodes.ready, Buffer.alloc(0));
        else answer(opcodes.authenticate, string('org.apache.cassandra.auth.PasswordAuthenticator'));
        break;
      case opcodes.authResponse:
        if (body.subarray(4).toString() === `\0${settings.user}\0${settings.password}`)
          answer(opcodes.authSuccess, int(-1));
        else answer(opcodes.error, Buffer.concat([int(0x0100), string('Provided username or password is wrong')]));
        break;
      case opcodes.options:
        answer(opcodes.supported, short(0));
        break;
      case opcodes.register:
        answer(opcodes.ready, Buffer.alloc(0));
        break;
      case opcodes.query: {
        const query = body.toString('utf8', 4, 4 + body.readInt32BE(0));
        const rows = systemRows(query);
        if (rows) return answer(opcodes.result, rows);
        if (!/^USE /i.test(query)) cql.statements.push(query);
        if (/^USE /i.test(query)) answer(opcodes.result, Buffer.concat([int(3), string('test')]));
        else done();
        break;
      }
      case opcodes.prepare: {
        const query = body.toString('utf8', 4, 4 + body.readInt32BE(0));
        const id = createHash('md5').update(query).digest();
        prepared.set(id.toString('hex'), query);
        if (!/FROM system/.test(query)) cql.statements.push(query);
        answer(opcodes.result, preparedResult(id, query));
        break;
      }
      case opcodes.execute: {
        const id = body.toString('hex', 2, 2 + body.readUInt16BE(0));
        const query = prepared.get(id);
        if (query === undefined) return unprepared(id, answer);
        const rows = systemRows(query);
        if (rows && !/SELECT key/.test(query)) return answer(opcodes.result, rows);
        meet(id, [], answer, socket, rows ?? (query.startsWith('SELECT') ? rowsResult(['day'], []) : int(1)));
        break;
      }
      case opcodes.batch: {
        const statements = readBatch(body);
        const missing = statements.find(({ id }) => !prepared.has(id));
        if (missing) return unprepared(missing.id, answer);
        const texts = statements.map(({ id, values }) => {
          const place = openOf(prepared.get(id) ?? '').indexOf('log');
          return values[place]?.toString() ?? '';
        });
        meet(statements[0]?.id ?? '', texts, answer, socket, int(1));
        break;
      }
    }
  }

  const unprepared = (id: string, answer: (opcode: number, content: Buffer) => void) => {
    const known = Buffer.from(id, 'hex');
    answer(opcodes.error, Buffer.concat([int(0x2500), string('unprepared'), short(known.length), known]));
  };

  function meet(
    id: string,
    texts: readonly string[],
    answer: (opcode: number, content: Buffer) => void,
    socket: Socket,
    well: Buffer,
  ): void {
    const manner = cql.manners.shift() ?? cql.manner;
    cql.met.push(manner);
    now += 1;
    cql.most = Math.max(cql.most, now);
    const go = () => {
      now -= 1;
      const fault = faults[manner];
      if (fault) answer(opcodes.error, fault);
      else if (manner === 'unprepared') {
        prepared.clear();
        unprepared(id, answer);
      } else if (manner === 'drop') socket.destroy();
      else if (manner !== 'silence') {
        cql.kept.push(...texts);
        if (manner === 'forget') socket.destroy();
        else answer(opcodes.result, well);
      }
    };
    if (cql.pause > 0) setTimeout(go, cql.pause);
    else go();
  }

  const server: Server = settings.tls ? createTlsServer(settings.tls, serve) : createServer(serve);
  server.on('tlsClientError', () => undefined);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const cql: CqlServer = {
    port: settings.port ?? (await freePort()),
    manner: 'well',
    manners: [],
    kept: [],
    statements: [],
    met: [],
    most: 0,
    pause: 0,
    connections: 0,
    async listen() {
      await new Promise<void>((resolve) => server.listen(cql.port, '127.0.0.1', resolve));
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      // Whoever prepared something has to do it again.
      prepared.clear();
      await closed;
    },
  };
  await cql.listen();
  t.after(() => (server.listening ? cql.close() : undefined));
  return cql;
}
