import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { text } from './reply.ts';
import type { Asked, Reply } from './route.ts';

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Nothing but our own files is loaded, and no text becomes HTML or code: https://www.w3.org/TR/trusted-types/ */
const headers = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  // Kept, and asked for again each time: a new version is there at once, and costs nothing while there is none.
  'cache-control': 'no-cache',
};

/** Where the page's files lie: sources beside this one, or at the top of the bundle. */
const folder = join(
  basename(import.meta.dirname) === 'chunks' ? dirname(import.meta.dirname) : import.meta.dirname,
  'page',
);

/** One of the page's files by its name, or 404. */
export async function pageFile(name: string, asked: Asked): Promise<Reply> {
  const [, type] = /^[a-z]+(?:-[a-z]+)*\.(html|js|css|svg)$/.exec(name) ?? [];
  const body = type === undefined ? undefined : await read(join(folder, name));
  if (type === undefined || body === undefined) return text(404, '404 page not found\n');
  const etag = `W/"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  const known = String(asked.headers['if-none-match'] ?? '').split(/\s*,\s*/);
  if (known.includes(etag)) return { status: 304, headers: { ...headers, etag } };
  return { status: 200, type: types[type], headers: { ...headers, etag }, body };
}

async function read(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
