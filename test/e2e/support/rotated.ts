import assert from 'node:assert/strict';
import { until } from '../../support/program.ts';
import type { World } from '../../support/world.ts';

interface Setup {
  world: World;
  env: Record<string, string>;
  start(): { of(container: string): readonly { log?: unknown }[]; stop(): Promise<void> };
}

/** What was written and rotated while the shipper was down arrives, and nothing twice. */
export async function rotateWhileDown({ world, env, start }: Setup): Promise<void> {
  const { container } = await world.pod('first', {});
  await world.node.write(container, ['one']);
  await world.startReady(env);
  const before = start();
  await until('the first line', () => before.of('first').length === 1, 90_000);
  await before.stop();
  await world.node.write(container, ['two']);
  await world.node.rotate(container);
  await world.node.write(container, ['three']);
  const after = start();
  await until('the other lines', () => after.of('first').length >= 2, 90_000);
  await world.node.write(container, ['four']);
  await until('the last line', () => after.of('first').length >= 3, 90_000);
  // Fluent Bit reads the two files in no certain order.
  const logs = after.of('first').map(({ log }) => log);
  assert.equal(logs.length, 3);
  assert.deepEqual(new Set(logs), new Set(['two', 'three', 'four']));
}
