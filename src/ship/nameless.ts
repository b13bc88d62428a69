import { isUnread } from './follow/file.ts';
import type { Files } from './follow/files.ts';
import type { FollowWorld } from './follow/reader.ts';

/** Keeps what one path holds open without a name within the bounds of all. */
export interface Nameless {
  /** Gives up what could not be read in time, or is too much. */
  giveUp(time: number): void;
  close(): void;
}

export function createNameless(files: Files, path: string, { gone, lost }: FollowWorld): Nameless {
  let own = 0;
  const count = () => {
    const counted = files.all.filter((file) => file.gone !== undefined);
    gone.held += counted.length - own;
    own = counted.length;
    return counted;
  };
  return {
    giveUp(time) {
      if (own === 0 && files.all.every((file) => file.gone === undefined)) return;
      for (const file of count()) {
        if (!isUnread(file) && file.offset >= file.size) continue;
        if (time - (file.gone ?? time) < gone.wait && gone.held <= gone.most) continue;
        lost('gone', Math.max(0, file.size - file.offset), path);
        files.shut(file);
        count();
      }
    },
    close() {
      gone.held -= own;
      own = 0;
    },
  };
}
