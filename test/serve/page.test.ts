import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { memoryStore, serving } from './serving.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'src/serve/page');

test('the page is loaded with a policy that lets in nothing but its own files', async (t) => {
  const { url } = await serving(t, memoryStore());
  const page = await fetch(`${url}/`);
  assert.equal(page.status, 200);
  assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8');
  const policy = page.headers.get('content-security-policy') ?? '';
  for (const part of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"])
    assert.ok(policy.split('; ').includes(part), part);
  assert.doesNotMatch(policy, /unsafe|\*|http/);
  assert.equal(page.headers.get('x-content-type-options'), 'nosniff');
  const html = await page.text();
  assert.doesNotMatch(html, /<script(?![^>]* src="page\/)|<style|\son\w+=|style=|(src|href)="(\/|https?:)/);
  for (const [, path] of html.matchAll(/(?:src|href)="(page\/[^"]+)"/g)) {
    const file = await fetch(`${url}/${path}`);
    assert.equal(file.status, 200, path);
    assert.match(file.headers.get('content-type') ?? '', /^(text\/(javascript|css); charset=utf-8|image\/svg\+xml)$/);
  }
});

test('its files are asked for again, and sent again only if they are others', async (t) => {
  const { url } = await serving(t, memoryStore());
  const first = await fetch(`${url}/page/main.js`);
  const etag = first.headers.get('etag') ?? '';
  assert.equal(first.headers.get('cache-control'), 'no-cache');
  const again = await fetch(`${url}/page/main.js`, { headers: { 'if-none-match': `"x", ${etag}` } });
  assert.equal(again.status, 304);
  assert.equal(again.headers.get('etag'), etag);
  assert.equal(await again.text(), '');
  const other = await fetch(`${url}/page/main.js`, { headers: { 'if-none-match': '"x"' } });
  assert.equal(other.status, 200);
});

test('nothing but its files is given out', async (t) => {
  const { url } = await serving(t, memoryStore());
  const paths = [
    '',
    'nothing.js',
    'tsconfig.json',
    '..%2froute.ts',
    '%2e%2e/route.js',
    'a/../main.js%00',
    'main.js/',
    'MAIN.JS',
  ];
  for (const path of paths) assert.equal((await fetch(`${url}/page/${path}`)).status, 404, path);
});

test('its types are right', async () => {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { stdout } = await promisify(execFile)(process.execPath, [compiler, '-p', folder]).catch(
    (error: { stdout: string }) => error,
  );
  assert.equal(stdout, '');
});

test('no text becomes HTML or code, and nothing is loaded from elsewhere', async () => {
  const wrong: string[] = [];
  for (const file of (await readdir(folder)).filter((name) => /\.(js|css|html|svg)$/.test(name))) {
    const text = await readFile(join(folder, file), 'utf8');
    const found =
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setHTML|DOMParser|url\(/.exec(text);
    if (found) wrong.push(`${file}: ${found[0]}`);
    const code = text.replaceAll(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, '');
    for (const [url] of code.matchAll(/https?:\/\/[^'"\s]+/g))
      if (url !== 'http://www.w3.org/2000/svg') wrong.push(`${file}: ${url}`);
  }
  assert.deepEqual(wrong, []);
});
