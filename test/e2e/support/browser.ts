import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { launch, until, watching, type Program } from '../../support/program.ts';

const paths = [process.env['E2E_CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = paths.find((path) => path !== undefined && existsSync(path));

/** Why there is no browser; false if there is one. */
export const noBrowser = executablePath === undefined && 'there is no Chromium: apt-get install chromium';

/** What root needs, and nothing that asks the network by itself. */
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const openBrowser = (): Promise<Browser> => chromium.launch({ executablePath, args });

export interface Served {
  program: Program;
  url: string;
  start(): Promise<void>;
  /** Stores lines: seconds ago, text, and what differs from a line of stdout of shop/web-0/nginx. */
  write(lines: readonly (readonly [secondsAgo: number, log: string, more?: Wrote])[]): Promise<void>;
  /** Kills it, and starts it again over the same store, at another address. */
  restart(): Promise<void>;
  end(): Promise<void>;
}

export interface Wrote {
  namespace?: string;
  pod?: string;
  container?: string;
  stream?: string;
  labels?: Record<string, string>;
}

/** The program itself, with an empty store, to be started. */
export function createServe(more: readonly string[] = []): Served {
  let data: string | undefined;
  let program: Program | undefined;
  const running = () => {
    if (!program) throw new Error('serve is not started');
    return program;
  };
  return {
    get program() {
      return running();
    },
    get url() {
      return running().url;
    },
    async start() {
      data ??= mkdtempSync(join(tmpdir(), 'page-'));
      const args = ['serve', '--port=0', '--bind-address=127.0.0.1', `--data-path=${data}`, ...more];
      const started = watching(launch(args, { PATH: process.env['PATH'] }));
      await until('the start', () => started.url !== '', 60_000);
      program = started;
    },
    async restart() {
      await running().stop('SIGKILL');
      await this.start();
    },
    async write(lines) {
      const now = Date.now();
      const body = lines.map(([ago, log, more = {}]) => {
        const { namespace = 'shop', pod = 'web-0', container = 'nginx', stream = 'stdout', labels = {} } = more;
        const names = { namespace_name: namespace, pod_name: pod, container_name: container, host: 'node-1' };
        return { time: new Date(now - ago * 1000).toISOString(), stream, log, kubernetes: { ...names, labels } };
      });
      const answer = await fetch(`${running().url}/write`, { method: 'POST', body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    },
    async end() {
      await program?.stop();
      if (data !== undefined) rmSync(data, { recursive: true });
    },
  };
}

/** The same, started. */
export async function openServe(more: readonly string[] = []): Promise<Served> {
  const served = createServe(more);
  await served.start();
  return served;
}
