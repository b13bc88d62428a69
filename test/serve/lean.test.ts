import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

// In a process of its own: the flags are the whole process's.
const source = `
  import { getHeapSpaceStatistics } from 'node:v8';
  import { leanHeaps } from ${JSON.stringify(new URL('../../src/serve/lean.ts', import.meta.url).href)};
  const heaps = process.argv.includes('lean') ? leanHeaps() : undefined;
  const live = [];
  for (let turn = 0; turn < 300; turn += 1) {
    for (let i = 0; i < 5000; i += 1) live[(turn * 5000 + i) % 50_000] = { i, text: 'x' + i, list: [i] };
    await new Promise(setImmediate);
  }
  const { space_size: size } = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
  heaps?.close();
  console.log(size / 1024 / 1024);
`;

test('new objects take no more room than they need, however many come and go', async () => {
  const room = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--input-type=module',
      '-e',
      source,
      '--',
      ...args,
    ]);
    return Number(stdout);
  };
  const [usual, lean] = [await room(), await room('lean')];
  assert.ok(lean <= 16 && lean < usual, `${lean} MiB, and ${usual} without bounds`);
});
