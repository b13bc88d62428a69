/** How many containers write. */
export const streams = 100;

export const podOf = (stream: number) => `web-${stream}-5d8f9c7b6d-x2v4q`;

/** Nanoseconds between two entries that are spread over milliseconds. */
export const gap = (entries: number, milliseconds: number) => Math.floor((milliseconds * 1e6) / entries);

const labelsOf = (stream: number) => ({
  app: `shop-${stream % 20}`,
  version: 'v7',
  environment: 'production',
  cluster: 'c',
  team: `team-${stream % 10}`,
  tier: 'backend',
  release: 'blue',
  pod_template_hash: '5d8f9c7b6d',
});

let state = 12_345;
/** A number that only looks random. */
function any(): number {
  state = Math.imul(state, 1_103_515_245) + 12_345;
  return state >>> 1;
}

/** 200 bytes as an application may write them. */
export function line(index: number): string {
  const text = `${any() % 50 > 0 ? 'INFO' : 'WARN'} request ${any().toString(36)}${index} GET /basket/${any() % 1000}/items?user=${any().toString(16)} status=${any() % 20 > 0 ? 200 : 500} took ${any() % 900}ms upstream=10.2.${any() % 255}.${any() % 255} trace=${any().toString(16)}${any().toString(16)} `;
  return text.padEnd(200, 'the quick brown fox jumps over the lazy dog ').slice(0, 200);
}

export type Form = 'loki' | 'write' | 'lines';

/** Entries of all streams in turn, in the form of Loki's push, of Fluent Bit, or the bare lines. */
export function body(form: Form, from: number, count: number, { begin, gap }: { begin: number; gap: number }) {
  const indexes = Array.from({ length: count }, (_, i) => from + i);
  const timeOf = (index: number) => BigInt(begin) * 1_000_000n + BigInt(index) * BigInt(gap);
  if (form === 'lines') return { path: '', type: '', text: indexes.map(line).join('') };
  if (form === 'write') {
    const text = indexes.map((index) => {
      const stream = index % streams;
      const time = timeOf(index);
      const second = new Date(Number(time / 1_000_000n)).toISOString().slice(0, 19);
      return JSON.stringify({
        log: line(index),
        stream: 'stdout',
        time: `${second}.${String(time % 1_000_000_000n).padStart(9, '0')}Z`,
        kubernetes: {
          pod_name: podOf(stream),
          namespace_name: `team-${stream % 10}`,
          container_name: 'app',
          pod_id: `uid-${stream}`,
          docker_id: 'f'.repeat(64),
          host: `node-${stream % 5}`,
          labels: labelsOf(stream),
        },
      });
    });
    return { path: '/write', type: 'application/json', text: `[${text.join(',')}]` };
  }
  const values = new Map<number, [string, string][]>();
  for (const index of indexes) {
    const stream = index % streams;
    const list = values.get(stream) ?? [];
    values.set(stream, list);
    list.push([String(timeOf(index)), line(index)]);
  }
  const all = [...values].map(([stream, values]) => {
    const names = { namespace: `team-${stream % 10}`, pod: podOf(stream), container: 'app', stream: 'stdout' };
    return { stream: { ...names, node: `node-${stream % 5}`, ...labelsOf(stream) }, values };
  });
  return { path: '/loki/api/v1/push', type: 'application/json', text: JSON.stringify({ streams: all }) };
}
