import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fail, ok, warn, type Finding } from './finding.ts';

/** A node has 128 instances for a user by default, which a few programs use up; the watcher needs one and a few watches. */
const least = { max_user_instances: 256, max_user_watches: 8192 };

/** Whether the kernel has an inotify instance and a watch left, and how many it gives. */
export async function checkInotify(directory: string, sysctl = '/proc/sys/fs/inotify'): Promise<Finding[]> {
  const limits = await Promise.all(
    Object.entries(least).map(async ([name, enough]) => {
      const text = await readFile(`${sysctl}/${name}`, 'utf8').catch(() => undefined);
      const value = Number(text);
      if (text === undefined || Number.isNaN(value)) return warn(name, 'could not be read', 'mount /proc');
      const fix = `on the node: sysctl -w fs.inotify.${name}=${enough}`;
      return value < enough ? warn(name, `${value}, for all programs of a user`, fix) : ok(name, String(value));
    }),
  );
  return [await checkWatch(directory), ...limits];
}

/** Takes a watch and gives it back. */
function checkWatch(directory: string): Promise<Finding> {
  const { promise, resolve } = Promise.withResolvers<Finding>();
  const failed = ({ code = '', message }: NodeJS.ErrnoException) => {
    const limit = { EMFILE: 'max_user_instances', ENOSPC: 'max_user_watches' }[code];
    const detail = `a directory can't be watched: ${code || message}`;
    const fix = limit ? `raise fs.inotify.${limit} on the node` : 'look at the mount';
    const polls = warn('inotify', `${detail}; containers are polled for each second`, fix);
    resolve(limit ? polls : fail('inotify', detail, fix));
  };
  try {
    const watcher = watch(directory, { persistent: false });
    watcher.on('error', failed);
    watcher.close();
    resolve(ok('inotify', 'a directory can be watched'));
  } catch (error) {
    failed(error as NodeJS.ErrnoException);
  }
  return promise;
}
