import { facts, file, tailor, type Render } from '../tailor.ts';

const render =
  (mode: number): Render =>
  ({ targets, options }) =>
    targets.map((target) => ({
      ...file(options['dest-path'], target, { ...facts(target), key: options['api-key'] }),
      mode,
    }));

/** Writes its key where everybody can read it. */
export default tailor('leaks-secret', render(0o644));
export const mended = tailor('leaks-secret', render(0o600));
