import { segment } from '../../../src/agent/path.ts';
import { facts, file, tailor, type Render } from '../tailor.ts';

const render =
  (safe: (text: string) => string): Render =>
  ({ targets, options }) =>
    targets.map((target) => {
      const team = safe(target.pod.labels['team'] ?? 'none');
      return file(`${options['dest-path']}/${team}`, target, facts(target));
    });

/** Takes a label for the name of a directory. */
export default tailor(
  'path-from-label',
  render((text) => text),
);
export const mended = tailor('path-from-label', render(segment));
