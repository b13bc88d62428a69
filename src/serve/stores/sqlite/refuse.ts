import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Memory outside of the heap that was taken and is left behind. */
export interface Refuse {
  /** Told of bytes that were taken. */
  took(bytes: number): void;
  /** Collects what is left behind, if that is worth it. */
  tidy(): void;
}

/** Bytes after which it is worth it. */
const worth = 6 * 1024 * 1024;

/**
 * What zstd has made is held by its handles, which only a whole collection frees; V8 waits for 64 MiB of it before it
 * begins one, in each thread. A thread with a small heap does it sooner in some milliseconds.
 */
export function createRefuse(): Refuse {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let left = 0;
  return {
    took(bytes) {
      left += bytes;
    },
    tidy() {
      if (left < worth) return;
      left = 0;
      collect();
    },
  };
}
