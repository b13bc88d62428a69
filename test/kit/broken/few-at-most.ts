import { facts, file, tailor, type Render } from '../tailor.ts';

const render =
  (most: number): Render =>
  ({ targets, options }) => {
    if (targets.length > most) throw new Error(`no more than ${most} containers are possible`);
    return targets.map((target) => file(options['dest-path'], target, facts(target)));
  };

/** Has a limit of its own. */
export default tailor('few-at-most', render(100));
export const mended = tailor('few-at-most', render(Infinity));
