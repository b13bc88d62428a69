import type { Output } from '../../../src/agent/agent.ts';
import { facts, file, tailor, type Render } from '../tailor.ts';

const known = new Map<string, Output>();

const render =
  (outputs: Map<string, Output>, forgets: boolean): Render =>
  ({ targets, options }) => {
    if (forgets) outputs.clear();
    for (const target of targets) outputs.set(target.id, file(options['dest-path'], target, facts(target)));
    return [...outputs.values()];
  };

/** Keeps what it made in earlier passes. */
export default tailor('never-forgets', render(known, false));
export const mended = tailor('never-forgets', render(new Map(), true));
