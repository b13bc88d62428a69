import { facts, file, tailor, type Render } from '../tailor.ts';

const render =
  (wins: boolean): Render =>
  ({ targets, options }) =>
    targets.map((target) => {
      const labels = Object.fromEntries(Object.entries(target.pod.labels).sort(([a], [b]) => (a < b ? -1 : 1)));
      return file(
        options['dest-path'],
        target,
        wins ? { ...facts(target), ...labels } : { ...labels, ...facts(target) },
      );
    });

/** Lets a label named `namespace` take the place of the namespace. */
export default tailor('label-wins', render(true));
export const mended = tailor('label-wins', render(false));
