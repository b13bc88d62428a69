import { file, tailor, type Render } from '../tailor.ts';

const render =
  (missing: () => string): Render =>
  ({ targets, options }) => {
    const runtime = targets[0]?.container.runtime ?? missing();
    const logs = targets.map(({ log }) => log.path).sort();
    return [
      { kind: 'file', path: `${options['dest-path']}/all.json`, content: JSON.stringify({ logs }) },
      { kind: 'link', path: `${options['dest-path']}/runtime`, to: `/etc/${runtime.length > 0 ? 'one' : 'none'}` },
      ...targets.map((target) => file(options['dest-path'], target, {})),
    ];
  };

/** Takes it for granted that there is a first target. */
export default tailor(
  'needs-one',
  render(() => {
    throw new TypeError("Cannot read properties of undefined (reading 'container')");
  }),
);
export const mended = tailor(
  'needs-one',
  render(() => ''),
);
