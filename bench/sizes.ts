import { skip } from '../test/e2e/support/testbed.ts';
import { load } from './process.ts';
import { createBed, type Held } from './sizes/bed.ts';
import { packageSizes } from './sizes/package.ts';
import { processStarts } from './sizes/process-start.ts';
import type { Start } from './sizes/ready.ts';
import { delivered, roles, type Role } from './sizes/roles.ts';
import { percentile, table } from './table.ts';

const runs = 9;

/** What has to be fetched, how long a start takes and what memory is held, of each role; most of it on a test bed. */
export async function sizes(minutes: number): Promise<string> {
  const [processes, packages] = [await processStarts(roles, runs), packageSizes()];
  const rows = roles.map((role) => row(role, 'process', 'the start', processes[role]));
  const text = ['### Package', packages, '### From the start to /readyz'];
  if (skip) return [...text, table(rows), `Image, containers and memory are skipped: ${skip}`].join('\n\n');

  const bed = await createBed(roles);
  try {
    const image = await bed.image();
    await bed.install();
    const idle = await bed.memory(minutes * 60);
    const containers = await bed.starts(runs);
    for (const role of roles) {
      const starts = containers[role];
      rows.push(row(role, 'container', 'the start by Docker', starts));
      const ordered = starts.map(({ cpu, ordered }) => ({ cpu, ms: ordered }));
      rows.push(row(role, 'container', 'the order to Docker', ordered));
    }
    const before = load();
    await bed.fill();
    const full = await bed.memory(minutes * 60);
    const held = table([...idle, ...full].map(memoryRow));
    const loads = `load ${before} before the pods, ${load()} at the end`;
    return ['### Image', image, ...text, table(rows), `### Memory after ${minutes} min, MiB; ${loads}`, held].join(
      '\n\n',
    );
  } finally {
    await bed.close();
  }
}

function row(role: Role, as: string, from: string, starts: readonly Start[]) {
  const of = (what: 'ms' | 'cpu', share: number) =>
    Math.round(
      percentile(
        starts.map((start) => start[what]),
        share,
      ),
    );
  const cpu = { 'CPU p50 ms': of('cpu', 0.5), 'CPU least ms': of('cpu', 0) };
  return { role, as, from, runs: starts.length, 'p50 ms': of('ms', 0.5), 'least ms': of('ms', 0), ...cpu };
}

function memoryRow({ role, pods, memory, ...held }: Held) {
  const whole = ({ workingSet, resident, anonymous, peak, most }: Held['memory']) =>
    [workingSet, resident, anonymous, peak, most].map((value) => Math.round(value));
  const [workingSet = 0, resident = 0, own = 0, peak = 0, most = 0] = whole(memory);
  const { request, limit } = delivered(role);
  return {
    role,
    'pods of the node': pods,
    'lines/s': held['lines/s'],
    'working set': workingSet,
    resident,
    'own of it': own,
    'most resident': peak,
    'most of the cgroup': most,
    request,
    limit,
  };
}
