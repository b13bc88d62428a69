import type { IncomingMessage } from 'node:http';
import { pipeline, type Transform } from 'node:stream';
import { constants, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { declaredLength, unsnappy } from '../snappy.ts';

/** A body that can't be taken; `status` is the answer. */
export class BodyError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Memory that a small body may ask for, as a power of 2: 8 MiB is what zstd asks for at its usual levels. */
const zstdWindow = 23;

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  zstd: () => createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: zstdWindow } }),
};

/** The whole body, decompressed; at most `limit` bytes, before as after. `hold` is told of them as they come in. */
export async function readBody(
  request: IncomingMessage,
  limit: number,
  hold: (bytes: number) => void,
): Promise<Buffer> {
  if (Number(request.headers['content-length']) > limit) throw tooLarge(limit);
  return collect(readStream(request, limit, limit), limit, hold);
}

/**
 * The body as it comes in, decompressed; at most `limit` bytes before. What is left when the reader ends is not read.
 * Snappy has no pieces: such a body is `whole` bytes at the most.
 */
export async function* readStream(request: IncomingMessage, whole: number, limit = Infinity): AsyncGenerator<Buffer> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const raw = bounded(request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>, limit);
  if (encoding === 'snappy') {
    yield fromSnappy(await collect(raw, whole), whole);
    return;
  }
  if (encoding === 'identity') {
    yield* raw;
    return;
  }
  const decoder = decoders[encoding]?.();
  if (!decoder) throw new BodyError(415, `content encoding ${JSON.stringify(encoding)} is not supported`);
  pipeline(raw, decoder, () => undefined);
  try {
    yield* decoder as AsyncIterable<Buffer>;
  } catch (error) {
    if (error instanceof BodyError) throw error;
    throw new BodyError(400, `body is not ${encoding}`);
  }
}

function fromSnappy(body: Buffer, limit: number): Buffer {
  if ((declaredLength(body)?.length ?? 0) > limit) throw tooLarge(limit);
  try {
    return unsnappy(body);
  } catch (error) {
    throw new BodyError(400, (error as Error).message);
  }
}

async function* bounded(pieces: AsyncIterable<Buffer>, limit: number): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const piece of pieces) {
    size += piece.length;
    if (size > limit) throw tooLarge(limit);
    yield piece;
  }
}

async function collect(
  from: AsyncIterable<Buffer>,
  limit: number,
  hold: (bytes: number) => void = () => undefined,
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of bounded(from, limit)) {
    hold(piece.length);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

const tooLarge = (limit: number) => new BodyError(413, `body is greater than ${limit} bytes`);
