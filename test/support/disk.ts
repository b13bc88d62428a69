import fs from 'fs-extra';
import type { FileSystem } from '../../src/watch/disk.ts';

const touching = ['open', 'write', 'fchmod', 'ftruncate', 'fsync', 'rename', 'unlink', 'rmdir'] as const;
const touchingAtOnce = ['mkdirSync', 'symlinkSync', 'renameSync', 'unlinkSync'] as const;
type Touching = (typeof touching)[number] | (typeof touchingAtOnce)[number];
type Call = (...parameters: unknown[]) => unknown;

/** The real disk, on which one call fails with an error code for the paths chosen. */
export function failingDisk(call: Touching, code: string, chosen: (path: string) => boolean = () => true): FileSystem {
  return wrap((name, parameters) => {
    if (name !== call || !chosen(String(parameters.at(name === 'rename' ? 1 : 0)))) return;
    throw Object.assign(new Error(`${code}: made up, ${name}`), { code });
  });
}

const deaths = new Map<number, PromiseWithResolvers<'dead'>>();

/** The real disk, for a process that dies before it touches it for the n-th time: from there on nothing happens. */
export function dyingDisk(touch: number): FileSystem {
  const death = Promise.withResolvers<'dead'>();
  deaths.set(touch, death);
  return dying(touch, () => death.resolve('dead'));
}

dyingDisk.death = (touch: number) => deaths.get(touch)?.promise;

/** The real disk, on which `die` stands in for the n-th touch, and nothing for all that follow. */
export function dying(touch: number, die: () => unknown): FileSystem {
  let touches = 0;
  return wrap(() => {
    if (++touches < touch) return;
    die();
    throw new Error('a dead process touches nothing');
  });
}

/** The real disk; `before` is asked first and prevents a call by throwing. */
function wrap(before: (name: Touching, parameters: unknown[]) => void): FileSystem {
  const wrapped = (names: readonly Touching[], call: (real: Call, name: Touching) => Call) =>
    Object.fromEntries(names.map((name) => [name, call(fs[name] as Call, name)]));
  return {
    ...fs,
    ...wrapped(touching, (real, name) => async (...parameters) => {
      before(name, parameters);
      return real(...parameters);
    }),
    ...wrapped(touchingAtOnce, (real, name) => (...parameters) => {
      before(name, parameters);
      return real(...parameters);
    }),
  };
}
