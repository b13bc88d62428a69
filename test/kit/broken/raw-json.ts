import { file, tailor, type Render } from '../tailor.ts';

const render =
  (quote: (text: string) => string): Render =>
  ({ targets, options }) =>
    targets.map((target) => {
      const team = quote(target.pod.labels['team'] ?? '');
      return file(options['dest-path'], target, `{"path":"${target.log.path}","team":${team}}`);
    });

/** Puts a label between quotes by itself. */
export default tailor(
  'raw-json',
  render((text) => `"${text}"`),
);
export const mended = tailor(
  'raw-json',
  render((text) => JSON.stringify(text.toWellFormed())),
);
