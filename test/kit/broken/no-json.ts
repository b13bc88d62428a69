import { file, tailor, type Render } from '../tailor.ts';

const render =
  (end: string): Render =>
  ({ targets, options }) =>
    targets.map((target) => file(options['dest-path'], target, `{"path":${JSON.stringify(target.log.path)}${end}}`));

/** Leaves a comma too many. */
export default tailor('no-json', render(','));
export const mended = tailor('no-json', render(''));
