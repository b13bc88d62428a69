import { facts, file, tailor, type Render } from '../tailor.ts';

const render =
  (now: () => number): Render =>
  ({ targets, options }) =>
    targets.map((target) => file(options['dest-path'], target, { ...facts(target), written: now() }));

/** Writes down when it wrote. */
export default tailor(
  'clock',
  render(() => new Date().getFullYear()),
);
export const mended = tailor(
  'clock',
  render(() => 2024),
);
