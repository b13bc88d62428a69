import { facts, file, tailor, type Render } from '../tailor.ts';

const render =
  (leader: boolean): Render =>
  ({ targets, options }) =>
    targets.map((target, index) =>
      file(options['dest-path'], target, { ...facts(target), leader: leader && index === 0 }),
    );

/** Makes another file of whichever target comes first. */
export default tailor('first-is-special', render(true));
export const mended = tailor('first-is-special', render(false));
