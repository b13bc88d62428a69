import { numbers } from '../loki/numbers.ts';
import { lokiAnswering, pieces, readBounds, readLength, readNumber } from '../loki/loki.ts';
import { LogqlError } from '../logql/syntax.ts';
import type { Route } from '../route.ts';
import { volumeOf } from './loki-volume.ts';

const handle = lokiAnswering((form, { signal }, world) => {
  const { start, end } = readBounds(form, world, 1n);
  const limit = readNumber('limit', form.get('limit'), 100, 10_000);
  const least = (end - start) / 250n;
  const step = readLength('step', form.get('step')) ?? (least > 1_000_000_000n ? least : 1_000_000_000n);
  if ((end - start) / step > 11_000n) throw new LogqlError('step: gives more than 11000 points');
  const context = { store: world.store, signal, seen: { lines: 0, bytes: 0 } };
  const instants = { start, step, count: Number((end - start) / step) + 1 };
  return pieces(numbers(volumeOf(form, step, limit), instants, false, context));
});

/** How many bytes there are, by labels and steps of time. */
export default {
  path: '/loki/api/v1/index/volume_range',
  access: 'read',
  methods: { GET: handle, POST: handle },
} satisfies Route;
