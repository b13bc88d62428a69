// What must not be seen in a log, in `--check` or at the status address.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { end, launch, until, watching } from '../support/program.ts';

test('no secret is printed, however it was given and whatever the server repeats of it', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'secrets-'));
  t.after(() => rmSync(root, { recursive: true }));
  const seen: string[] = [];
  // Says what it was told, as a proxy in despair may.
  const server = createServer((request, response) => {
    const said = JSON.stringify(request.headers);
    seen.push(said);
    response.writeHead(403).end(said);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => (server.closeAllConnections(), server.close()));
  const { port } = server.address() as AddressInfo;
  const url = (place: string) => `http://${place}127.0.0.1:${port}/`;
  writeFileSync(join(root, 'token'), 'token-in-file\n');
  const destinations = [
    { name: 'a', url: url(''), token: 'token-in-config' },
    { name: 'b', url: url(''), token_file: join(root, 'token') },
    { name: 'c', url: url(''), user: 'me', password: 'password-in-config' },
    { name: 'd', url: url('user:password-in-url@') },
    { name: 'e', url: url(''), headers: { 'X-Api-Key': 'key-in-header' } },
  ];
  const config = join(root, 'config.json');
  const usual = { backoff_least: 0.02, status_address: '127.0.0.1:0', state_path: join(root, 'state') };
  writeFileSync(config, JSON.stringify({ ...usual, paths: [join(root, '*.log')], destinations }));
  writeFileSync(join(root, 'a.log'), 'a line\n');
  const child = launch(['ship', '--config', config], { PATH: process.env['PATH'] });
  t.after(() => child.kill('SIGKILL'));
  const running = watching(child);
  await until('each to be refused', async () => {
    const state = JSON.parse(await running.text('/')) as { destinations: { failing: number }[] };
    return state.destinations.length === 5 && state.destinations.every(({ failing }) => failing > 0);
  });
  const shown = `${await running.text('/')}${await running.text('/readyz')}${await running.text('/metrics')}`;
  child.kill();
  child.kill('SIGINT');
  const { stderr } = await running.ended;
  const check = await end(launch(['ship', '--config', config, '--check'], { PATH: process.env['PATH'] }));
  const encoded = (pair: string) => Buffer.from(pair).toString('base64');
  const secrets = ['token-in-config', 'token-in-file', 'password-in-config', 'password-in-url', 'key-in-header'];
  const pairs = [encoded('me:password-in-config'), encoded('user:password-in-url')];
  for (const secret of [...secrets.filter((one) => !one.startsWith('password')), ...pairs])
    assert.ok(seen.join('').includes(secret), `${secret} was sent`);
  for (const secret of [...secrets, ...pairs])
    assert.ok(!`${shown}${stderr}${check.stdout}${check.stderr}`.includes(secret), `${secret} was printed`);
});

test('who closes its stdout ends ship with one line of the log', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'secrets-'));
  t.after(() => rmSync(root, { recursive: true }));
  writeFileSync(join(root, 'a.log'), 'a line\n'.repeat(100_000));
  const child = launch(['ship', '--paths', join(root, '*.log'), '--status-address', 'off'], {
    PATH: process.env['PATH'],
  });
  t.after(() => child.kill('SIGKILL'));
  const running = watching(child);
  if (child.stdout) await once(child.stdout, 'data');
  child.stdout?.destroy();
  assert.equal((await running.ended).code, 1);
  assert.deepEqual(
    running.lines.filter(({ level }) => level !== 'info' && level !== 'warn').map(({ message }) => message),
    ['stdout is closed'],
  );
});
