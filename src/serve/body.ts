import type { IncomingMessage } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import { createGunzip, createInflate, createZstdDecompress } from 'node:zlib';

/** A body that can't be taken; `status` is the answer. */
export class BodyError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  deflate: createInflate,
  zstd: createZstdDecompress,
};

/** The whole body, decompressed; at most `limit` bytes, before as after. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (Number(request.headers['content-length']) > limit) throw tooLarge(limit);
  const raw = await collect(request, limit);
  if (encoding === 'identity') return raw;
  const decoder = decoders[encoding]?.();
  if (!decoder) throw new BodyError(415, `content encoding ${JSON.stringify(encoding)} is not supported`);
  decoder.end(raw);
  try {
    return await collect(decoder, limit);
  } catch (error) {
    throw error instanceof BodyError ? error : new BodyError(400, `body is not ${encoding}`);
  }
}

async function collect(from: Readable, limit: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of from as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > limit) throw tooLarge(limit);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

const tooLarge = (limit: number) => new BodyError(413, `body is greater than ${limit} bytes`);
