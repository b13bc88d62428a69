import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { appendFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { freePort } from './port.ts';
import { end, launch, until, type Env } from './program.ts';
import { temporaryDirectory } from './tree.ts';

/** How one ends that has met nothing strange. */
export const well = { code: 0, told: [] };

/** A directory of its own, and the program started there; each start is a new process on the same data. */
export async function collecting(t: TestContext) {
  const running: { child: ChildProcess; ended: Promise<unknown> }[] = [];
  // Before the directory is removed, in which they write.
  t.after(async () => {
    for (const { child } of running) child.kill('SIGKILL');
    await Promise.all(running.map(({ ended }) => ended));
  });
  const root = await temporaryDirectory(t);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const at = (name: string) => {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    return path;
  };
  const get = async (path: string) => {
    const answer = await fetch(url + path);
    const text = await answer.text();
    return answer.status === 200 ? (JSON.parse(text) as unknown) : answer.status;
  };
  const flags = ['--data-path', join(root, 'data'), '--bind-address', '127.0.0.1', '--port', String(port)];
  const quick = { PATH: process.env['PATH'], WATCHER_INTERVAL: '0.2' };
  return {
    root,
    at,
    write: (name: string, text: string) => appendFileSync(at(name), text),
    link: (to: string, name: string) => symlinkSync(to, at(name)),
    run: (args: readonly string[], env: Env = {}) =>
      end(launch(['serve', '--collect', ...flags, ...args], { ...quick, ...env }, undefined, root)),
    /** Resolves once it answers; from then on all that is written is collected. */
    async start(args: readonly string[], env: Env = {}, collect = true) {
      const child = launch(['serve', `--collect=${collect}`, ...flags, ...args], { ...quick, ...env }, undefined, root);
      const ended = end(child);
      running.push({ child, ended });
      let over = false;
      void ended.then(() => (over = true));
      await until('an answer', async () => over || (await fetch(`${url}/readyz`)).status > 0);
      if (over) assert.fail((await ended).stderr);
      return {
        async stop(signal: NodeJS.Signals = 'SIGTERM') {
          child.kill(signal);
          const { code, stderr } = await ended;
          return { code, told: stderr.split('\n').filter((line) => /"level":"(error|warn)"/.test(line)) };
        },
      };
    },
    get,
    logs: (key: string, value: string) => get(`/logs/${encodeURIComponent(key)}/${value}`),
    status: async () => (await get('/status')) as { files_len: number; index_keys: string[] },
    /** Waits for these lines, and that no others come with them. */
    async holds(key: string, value: string, lines: readonly string[]) {
      const last = lines.at(-1);
      const path = `/logs/${encodeURIComponent(key)}/${value}`;
      await until(`${path} has ${last}`, async () => ((await get(path)) as string[]).includes(last ?? ''));
      assert.deepEqual(await get(path), lines);
    },
  };
}
