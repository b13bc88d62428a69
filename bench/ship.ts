import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuOf, load, memoryOf } from './process.ts';
import { percentile, table } from './table.ts';

const program = join(import.meta.dirname, '..', 'dist', 'main.js');
const flags = ['--max-semi-space-size=2', '--max-old-space-size=96'];

/** `--cpu-prof` and the like may be given to the process that is measured. */
const extra = (process.env['SHIP_NODE_FLAGS'] ?? '').split(' ').filter(Boolean);

/** Under what it ran, as every result has to say. */
const under = (text: string) =>
  `Node's flags: \`${[...flags, ...extra].join(' ')}\`; a batch of 1 MiB at most.\n\n${text}`;

interface Shipping {
  pid: number;
  metric(name: string): Promise<number>;
  stop(): Promise<void>;
}

async function stage() {
  const root = mkdtempSync(join(tmpdir(), 'ship-bench-'));
  const receiver = fork(join(import.meta.dirname, 'receiver.ts'));
  const children: ChildProcess[] = [receiver];
  const [{ port }] = (await once(receiver, 'message')) as [{ port: number }];
  const targets: { path: string; attributes: Record<string, string> }[] = [];
  return {
    root,
    receiver,
    log(index: number): string {
      const directory = join(root, 'pods', `default_web-${index}_uid-${index}`, 'app');
      mkdirSync(directory, { recursive: true });
      const path = join(directory, '0.log');
      writeFileSync(path, '');
      const attributes = { cluster: 'c', application: 'shop', version: 'v7', environment: 'production' };
      targets.push({ path, attributes });
      return path;
    },
    async start(args: readonly string[] = []): Promise<Shipping> {
      const file = join(root, 'targets.json');
      writeFileSync(file, JSON.stringify({ targets }));
      const labels = 'namespace,pod,container,stream,node,cluster,application,version';
      const usual = [`--targets=${file}`, `--url=http://127.0.0.1:${port}/loki/api/v1/push`, `--labels=${labels}`];
      const where = ['--status-address=127.0.0.1:0', `--state-path=${join(root, 'state')}`, '--node-name=node-1'];
      const child = spawn(process.execPath, [...flags, ...extra, program, 'ship', ...usual, ...where, ...args], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      children.push(child);
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (part: string) => (said += part));
      while (!/"port":\d+/.test(said)) await sleep(5);
      const status = `http://127.0.0.1:${/"port":(\d+)/.exec(said)?.[1]}`;
      return {
        pid: child.pid ?? 0,
        async metric(name) {
          const text = await (await fetch(`${status}/metrics`)).text();
          return Number(new RegExp(`^logwatch_ship_${name}{.*} (.*)$`, 'm').exec(text)?.[1] ?? 0);
        },
        async stop() {
          child.kill();
          await once(child, 'exit');
        },
      };
    },
    close() {
      for (const child of children) child.kill();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** CPU for 500 MB in lines of 200 bytes that lie there, in one file and in 200. */
export async function throughput(): Promise<string> {
  const rows = [];
  for (const files of [1, 200])
    for (const [encoding, metadata] of [
      ['protobuf', 'path,pod_uid'],
      ['protobuf', ''],
      ['json', 'path,pod_uid'],
    ] as const)
      rows.push(await measure(files, encoding, metadata));
  return under(table(rows));
}

async function measure(files: number, encoding: string, metadata: string) {
  const lines = 2_300_000;
  const step = 2300;
  const { log, start, close, receiver } = await stage();
  try {
    for (let file = 0; file < files; file++) {
      const path = log(file);
      for (let done = 0; done < lines / files; done += step) appendFileSync(path, block(file, done, step));
    }
    const shipping = await start([`--encoding=${encoding}`, `--metadata=${metadata}`]);
    const began = performance.now();
    while ((await shipping.metric('acknowledged_lines_total')) < lines) await sleep(200);
    const seconds = (performance.now() - began) / 1000;
    const cpu = cpuOf(shipping.pid);
    const { peak } = memoryOf(shipping.pid);
    receiver.send('bytes');
    let bytes = 0;
    while (bytes === 0) {
      const [message] = (await once(receiver, 'message')) as [{ bytes?: number }];
      bytes = message.bytes ?? 0;
    }
    await shipping.stop();
    return {
      files,
      encoding,
      metadata: metadata || 'none',
      'CPU s a million': Number((cpu / (lines / 1e6)).toFixed(2)),
      'wall s': Number(seconds.toFixed(1)),
      'peak MiB': Number(peak.toFixed(0)),
      'sent MB': Number((bytes / 1e6).toFixed(0)),
      load: load(),
    };
  } finally {
    close();
  }
}

/** Lines of 200 bytes, newline included, as an application may write them. */
function block(file: number, from: number, count: number): string {
  let text = '';
  for (let i = from; i < from + count; i++) {
    const time = `2026-11-20T10:${String(Math.floor(i / 60_000) % 60).padStart(2, '0')}:${String(Math.floor(i / 1000) % 60).padStart(2, '0')}.${String(i % 1000).padStart(3, '0')}${String((i * 7919) % 1_000_000).padStart(6, '0')}Z`;
    const line = `${time} stdout F GET /basket/${file}-${i} ${(i * 2654435761) % 4294967296} 200 ${i % 97}ms `;
    text += `${line.padEnd(199, 'abcdefghij klmnopqrst uvwxyz 0123456789 ')}\n`;
  }
  return text;
}

/** From a line written to a file that was quiet to the push that holds it, with a batch wait of 100 ms. */
export async function delay(): Promise<string> {
  const { log, start, close, receiver } = await stage();
  try {
    const paths = Array.from({ length: 50 }, (_, i) => log(i));
    const shipping = await start(['--batch-wait=0.1']);
    await sleep(3000);
    const delays: number[] = [];
    for (let i = 0; i < 200; i++) {
      const arrived = once(receiver, 'message') as Promise<[{ at: number }]>;
      const written = Date.now();
      appendFileSync(paths[i % paths.length] as string, block(0, i, 1));
      const [{ at }] = await arrived;
      delays.push(at - written);
      await sleep(20);
    }
    await shipping.stop();
    const ms = (share: number) => percentile(delays, share);
    return under(table([{ lines: 200, 'p50 ms': ms(0.5), 'p99 ms': ms(0.99), 'most ms': ms(1), load: load() }]));
  } finally {
    close();
  }
}

/** CPU and memory with 500 files in which nothing happens. */
export async function idle(): Promise<string> {
  const { log, start, close } = await stage();
  try {
    for (let i = 0; i < 500; i++) appendFileSync(log(i), block(i, 0, 10));
    const shipping = await start();
    await sleep(5000);
    const before = cpuOf(shipping.pid);
    await sleep(20_000);
    const share = ((cpuOf(shipping.pid) - before) / 20) * 100;
    const { resident } = memoryOf(shipping.pid);
    await shipping.stop();
    return under(
      table([{ files: 500, '% of a core': Number(share.toFixed(2)), MiB: Number(resident.toFixed(0)), load: load() }]),
    );
  } finally {
    close();
  }
}

/** Descriptors and memory while 10,000 logs come and go, a hundred at a time, each with ten lines. */
export async function churn(): Promise<string> {
  const { root, start, close } = await stage();
  try {
    const pods = join(root, 'pods');
    mkdirSync(pods);
    const shipping = await start([
      `--paths=${join(pods, '*/*/*.log')}`,
      '--linger=0',
      '--interval=0.2',
      '--batch-wait=0.1',
    ]);
    const rows = [];
    for (let first = 0; first < 10_000; first += 100) {
      const names = Array.from({ length: 100 }, (_, i) => join(pods, `default_job-${first + i}_uid-${first + i}`));
      for (const name of names) {
        mkdirSync(join(name, 'app'), { recursive: true });
        writeFileSync(join(name, 'app/0.log'), block(first, 0, 10));
      }
      while ((await shipping.metric('acknowledged_lines_total')) < (first + 100) * 10) await sleep(20);
      for (const name of names) rmSync(name, { recursive: true });
      while ((await shipping.metric('files')) > 0) await sleep(20);
      if (![200, 2400, 4900, 7400, 9900].includes(first)) continue;
      const descriptors = readdirSync(`/proc/${shipping.pid}/fd`).length;
      const { resident } = memoryOf(shipping.pid);
      const spent = Number(cpuOf(shipping.pid).toFixed(1));
      rows.push({ logs: first + 100, descriptors, MiB: Number(resident.toFixed(0)), 'CPU s': spent, load: load() });
    }
    await shipping.stop();
    return under(table(rows));
  } finally {
    close();
  }
}
