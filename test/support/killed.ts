// A process that is killed before it touches the disk for the n-th time: `node killed.ts ROOT N`.
import { reconcile } from '../../src/watch/reconcile.ts';
import { dying } from './disk.ts';
import { running, wish } from './running.ts';

const [, , root = '', touch] = process.argv;
await reconcile(running(root), wish(['b', 'c']), {
  disk: dying(Number(touch), () => process.kill(process.pid, 'SIGKILL')),
});
