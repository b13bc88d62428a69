// A bell on a directory in a kernel that grants no inotify watches; prints how it notices changes.
import { silent } from '../../src/system/log.ts';
import { createMetrics } from '../../src/system/metrics.ts';
import { createBell } from '../../src/watch/bell.ts';

const metrics = createMetrics();
let polls = 0;
const bell = createBell({
  roots: { containers: process.argv[2] },
  interval: 60_000,
  log: silent,
  metrics,
  timings: { fallback: 10 },
  ring: (source) => {
    if (source === 'polling' && ++polls === 3) void tell();
  },
});

async function tell() {
  const { values } = await metrics.discoveryMode.get();
  console.log(values.find(({ value }) => value === 1)?.labels.mode);
  await bell.close();
}
