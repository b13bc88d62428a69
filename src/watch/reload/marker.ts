import { dirname } from 'node:path';
import fs from 'fs-extra';
import { hasCode, syncDirectory, writeFile, type FileSystem } from '../disk.ts';

/** The name of the file that says, over a restart, that a shipper has to be told. No shipper's glob picks it up. */
export const markerName = (agent: string) => `.kube-log-watcher.${agent}.reload`;

export interface Marker {
  /** Throws when it can't be told. */
  exists(): boolean;
  /** Resolves when it is durable. */
  set(): Promise<void>;
  clear(): Promise<void>;
  /** Resolves when everything asked before has been done. */
  idle(): Promise<void>;
}

/** A file whose being there is all it says. One thing after the other is done to it, in the order of the calls. */
export function createMarker(path: string, disk: FileSystem = fs): Marker {
  let last: Promise<unknown> = Promise.resolve();
  const then = (step: () => Promise<void>): Promise<void> => {
    const next = last.then(step);
    last = next.catch(() => undefined);
    return next;
  };
  const exists = () => {
    try {
      disk.lstatSync(path);
      return true;
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return false;
      throw error;
    }
  };
  return {
    exists,
    set: () =>
      then(async () => {
        if (exists()) return;
        await writeFile(path, 'The shipper has yet to be told of its new files.\n', 0o600, disk);
        await syncDirectory(dirname(path), disk);
      }),
    clear: () =>
      then(async () => {
        await disk.unlink(path).catch((error: unknown) => {
          if (!hasCode(error, 'ENOENT', 'ENOTDIR')) throw error;
        });
      }),
    idle: async () => void (await last),
  };
}
