import { facts, file, tailor, type Render } from '../tailor.ts';

const render =
  (formats: readonly string[]): Render =>
  ({ targets, options }) =>
    targets
      .filter(({ log }) => formats.includes(log.format))
      .map((target) => file(options['dest-path'], target, facts(target)));

/** Says nothing of the containers of one runtime. */
export default tailor('loses-some', render(['docker']));
export const mended = tailor('loses-some', render(['docker', 'cri']));
