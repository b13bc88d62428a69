import { facts, file, tailor, type Render } from '../tailor.ts';

const render =
  (sorted: boolean): Render =>
  ({ targets, options }) =>
    targets.map((target) => {
      const keys = Object.keys(target.pod.labels);
      return file(options['dest-path'], target, { ...facts(target), labels: (sorted ? keys.sort() : keys).join() });
    });

/** Writes labels in the order in which the API server happens to give them. */
export default tailor('label-order', render(false));
export const mended = tailor('label-order', render(true));
