import fs from 'fs-extra';
import type { FileSystem } from '../../src/watch/disk.ts';

const touching = [
  'open',
  'write',
  'fchmod',
  'ftruncate',
  'fsync',
  'rename',
  'symlink',
  'unlink',
  'mkdir',
  'rmdir',
] as const;
type Touching = (typeof touching)[number];
type Call = (...parameters: unknown[]) => Promise<unknown>;

/** The real disk, on which one call fails with an error code for the paths chosen. */
export function failingDisk(call: Touching, code: string, chosen: (path: string) => boolean = () => true): FileSystem {
  return wrap((name, real, parameters) => {
    if (name === call && chosen(String(parameters.at(name === 'rename' ? 1 : 0)))) {
      return Promise.reject(Object.assign(new Error(`${code}: made up, ${name}`), { code }));
    }
    return real();
  });
}

const deaths = new Map<number, PromiseWithResolvers<'dead'>>();

/** The real disk, for a process that dies before it touches it for the n-th time: from there on nothing happens. */
export function dyingDisk(touch: number): FileSystem {
  const death = Promise.withResolvers<'dead'>();
  deaths.set(touch, death);
  return dying(touch, () => {
    death.resolve('dead');
    return new Promise(() => {});
  });
}

dyingDisk.death = (touch: number) => deaths.get(touch)?.promise;

/** The real disk, on which `die` stands in for the n-th touch and all that follow. */
export function dying(touch: number, die: () => Promise<unknown>): FileSystem {
  let touches = 0;
  return wrap((_name, real) => (++touches >= touch ? die() : real()));
}

function wrap(
  around: (name: Touching, real: () => Promise<unknown>, parameters: unknown[]) => Promise<unknown>,
): FileSystem {
  const wrapped = Object.fromEntries(
    touching.map((name) => {
      const real = fs[name] as unknown as Call;
      return [name, (...parameters: unknown[]) => around(name, () => real(...parameters), parameters)];
    }),
  );
  return { ...fs, ...wrapped };
}
