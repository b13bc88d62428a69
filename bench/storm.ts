import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { load } from './process.ts';
import { agents, changedAt, configOf, createStage, outputsOf } from './stage.ts';
import { percentile, table } from './table.ts';

const starts = 500;
/** Milliseconds that the made-up shipper takes to reload. */
const reloading = 2000;

/** 500 containers start within a second, beside a shipper that has to be told and is slow to hear. */
export async function storm(): Promise<string> {
  const stage = await createStage('cri');
  const shipper = await slowShipper();
  try {
    const residents = await stage.fill(10, 10);
    const { more, places } = await told(stage.root, shipper.url);
    const watcher = await stage.watcher({ more });
    await watcher.complete(residents);
    await sleep(10_000);
    const before = shipper.reloads.length;
    const begin = performance.now();
    const started = (await Promise.all(Array.from({ length: starts }, () => stage.start()))).flat();
    const seconds = (performance.now() - begin) / 1000;
    await watcher.complete(started);
    await sleep(reloading * 2 + 8000);
    const from = started.map((one) => changedAt(stage.linkOf(one)) ?? Number.NaN);
    const last = Math.max(...from);
    const reloads = shipper.reloads.slice(before);
    const row = (agent: string, times: readonly number[], told = '') => ({
      agent,
      'p50 ms': Math.round(percentile(times, 0.5)),
      'p99 ms': Math.round(percentile(times, 0.99)),
      reloads: told,
    });
    const own = (at: number) =>
      started.map((one, i) => (changedAt(outputsOf(one, watcher.shipper)[at] ?? '') ?? Number.NaN) - (from[i] ?? 0));
    const inConfig = (changedAt(configOf(watcher.shipper)) ?? Number.NaN) - last;
    const inPlaces = started.map((one, i) => (changedAt(places(one)) ?? Number.NaN) - (from[i] ?? 0));
    return [
      `${started.length} starts in ${seconds.toFixed(2)} s; a reload takes ${reloading} ms; load ${load()}`,
      '',
      table([
        ...agents.map((agent, at) => row(agent, own(at))),
        row(
          'told',
          inPlaces,
          `${reloads.length}, the last done ${Math.round((reloads.at(-1) ?? 0) - last)} ms after it`,
        ),
      ]),
      '',
      `agent.json named the last of them ${Math.round(inConfig)} ms after its start.`,
    ].join('\n');
  } finally {
    await stage.close();
    shipper.close();
  }
}

/** A shipper that takes its time, counts its reloads, and says when each was done. */
async function slowShipper() {
  const reloads: number[] = [];
  const server = createServer((request, response) => {
    const answer = () => response.end(JSON.stringify({ reload: 'done', hot_reload_count: reloads.length }));
    const reload = () => {
      reloads.push(Date.now());
      answer();
    };
    if (request.method === 'GET') answer();
    else setTimeout(reload, reloading);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/reload`;
  return { reloads, url, close: () => server.close() };
}

/** An operator's agent without code, whose shipper is told by HTTP. */
async function told(root: string, url: string) {
  const [outside, out] = [join(root, 'outside'), join(root, 'told')];
  for (const path of [outside, out]) await mkdir(path);
  const manifest = `summary: A shipper that is told
options:
  dest-path: { type: directory, required: true, describe: Where }
  reload-url: { type: string, required: true, describe: Who }
outputs:
  - { each: target, file: '{{options.dest-path}}/{{pod.name}}.json', template: target.json }
reload:
  kind: http
  method: POST
  url: '{{options.reload-url}}'
  confirm: { url: '{{options.reload-url}}', field: hot_reload_count }
`;
  await writeFile(join(outside, 'told.yaml'), manifest);
  await writeFile(join(outside, 'told.target.json.hbs'), '{ "path": "{{log.path}}" }\n');
  const env = { WATCHER_AGENTS_PATH: outside, WATCHER_TOLD_DEST_PATH: out, WATCHER_TOLD_RELOAD_URL: url };
  return {
    more: { agents: ['told'], env },
    places: ({ pod }: { pod: { metadata: { name: string } } }) => join(out, `${pod.metadata.name}.json`),
  };
}
