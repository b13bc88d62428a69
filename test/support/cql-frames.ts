// Frames of the native protocol, version 4:
// https://github.com/apache/cassandra/blob/trunk/doc/native_protocol_v4.spec

export const opcodes = {
  error: 0x00,
  startup: 0x01,
  ready: 0x02,
  authenticate: 0x03,
  options: 0x05,
  supported: 0x06,
  query: 0x07,
  result: 0x08,
  prepare: 0x09,
  execute: 0x0a,
  register: 0x0b,
  batch: 0x0d,
  authResponse: 0x0f,
  authSuccess: 0x10,
} as const;

export const int = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
export const short = (value: number) => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
};
export const string = (text: string) => Buffer.concat([short(Buffer.byteLength(text)), Buffer.from(text)]);
export const bytes = (value: Buffer) => Buffer.concat([int(value.length), value]);

export type Type = 'text' | 'int' | 'bigint' | 'blob' | 'uuid' | 'boolean' | `set ${'text' | 'int' | 'bigint'}` | 'map';

const plain: Readonly<Record<string, number>> = {
  bigint: 0x02,
  blob: 0x03,
  boolean: 0x04,
  int: 0x09,
  uuid: 0x0c,
  text: 0x0d,
};

function typeBytes(type: Type): Buffer {
  const [collection = '', of = 'text'] = type.split(' ');
  if (collection === 'map') return Buffer.concat([short(0x21), typeBytes('text'), typeBytes('text')]);
  if (collection === 'set') return Buffer.concat([short(0x22), typeBytes(of as Type)]);
  return short(plain[type] ?? 0);
}

/** The types of what is asked for by name in statements, and told in rows. */
const columns: Readonly<Record<string, Type>> = {
  key: 'text',
  data_center: 'text',
  rack: 'text',
  release_version: 'text',
  partitioner: 'text',
  tokens: 'set text',
  host_id: 'uuid',
  schema_version: 'uuid',
  keyspace_name: 'text',
  replication: 'map',
  durable_writes: 'boolean',
  ttl: 'int',
  log: 'text',
  size: 'int',
  metadata: 'map',
  written: 'set bigint',
  series: 'blob',
  seconds: 'int',
  start: 'bigint',
  time: 'bigint',
  hash: 'blob',
  number: 'int',
  source: 'text',
  parts: 'set int',
  day: 'int',
  namespace: 'text',
};

/** The columns of the values that a statement leaves open, in their order. */
export const openOf = (statement: string): string[] =>
  [...statement.matchAll(/(\w+) *(?:[<>]?=(?: *\w+ *\+)?|) *\?/g)].map(([, name = '']) => name.toLowerCase());

/** What a RESULT frame holds for rows of such columns; values are as on the wire. */
export function rowsResult(names: readonly string[], rows: readonly (readonly Buffer[])[]): Buffer {
  const specs = names.map((name) => Buffer.concat([string(name), typeBytes(columns[name] ?? 'text')]));
  return Buffer.concat([
    int(2),
    int(1),
    int(names.length),
    string('test'),
    string('test'),
    ...specs,
    int(rows.length),
    ...rows.flat().map(bytes),
  ]);
}

/** What a RESULT frame holds for a prepared statement. */
export function preparedResult(id: Buffer, statement: string): Buffer {
  const specs = (names: readonly string[]) =>
    names.map((name) => Buffer.concat([string(name), typeBytes(columns[name] ?? 'text')]));
  const open = openOf(statement);
  return Buffer.concat([
    int(4),
    short(id.length),
    id,
    int(1),
    int(open.length),
    int(0),
    string('test'),
    string('test'),
    ...specs(open),
    int(4),
    int(0),
  ]);
}

/** The statements of a BATCH frame: the ids of prepared ones and their values; null where there is none. */
export function readBatch(body: Buffer): { id: string; values: (Buffer | null)[] }[] {
  const count = body.readUInt16BE(1);
  const statements: { id: string; values: (Buffer | null)[] }[] = [];
  let at = 3;
  for (let statement = 0; statement < count; statement += 1) {
    at += 1;
    const length = body.readUInt16BE(at);
    const id = body.toString('hex', at + 2, at + 2 + length);
    at += 2 + length;
    const open = body.readUInt16BE(at);
    at += 2;
    const values: (Buffer | null)[] = [];
    for (let value = 0; value < open; value += 1) {
      const size = body.readInt32BE(at);
      at += 4;
      values.push(size < 0 ? null : body.subarray(at, at + size));
      at += Math.max(0, size);
    }
    statements.push({ id, values });
  }
  return statements;
}
