import { segment } from '../../../src/agent/path.ts';
import { facts, file, tailor, type Render } from '../tailor.ts';

const render =
  (name: 'pod' | 'id'): Render =>
  ({ targets, options }) =>
    targets.map((target) => {
      const id = name === 'id' ? target.id : segment(`${target.pod.namespace}_${target.pod.name}`);
      return file(options['dest-path'], { ...target, id }, facts(target));
    });

/** Names files after the pod, which may have several containers. */
export default tailor('same-path', render('pod'));
export const mended = tailor('same-path', render('id'));
