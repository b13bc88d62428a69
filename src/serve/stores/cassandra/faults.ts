import { setTimeout as sleep } from 'node:timers/promises';
import { StoreBusy, StoreNotReady } from '../../store.ts';

// https://github.com/apache/cassandra/blob/trunk/doc/native_protocol_v4.spec, section 9
const codes = { server: 0x0000, unavailable: 0x1000, overloaded: 0x1001, bootstrapping: 0x1002 } as const;
const passing = new Set<number>([...Object.values(codes), 0x1100, 0x1200, 0x1300, 0x1500]);

interface DriverError extends Error {
  code?: number;
  isSocketError?: boolean;
  innerErrors?: Readonly<Record<string, DriverError>>;
}

const inner = (error: DriverError): DriverError[] => (error.innerErrors ? Object.values(error.innerErrors) : [error]);

/** True if there is nobody to ask now: the driver tells it in several ways, one while it asks and others while it prepares. */
const isAway = (error: DriverError): boolean =>
  ['NoHostAvailableError', 'BusyConnectionError'].includes(error.name) ||
  error.isSocketError === true ||
  ['No connection available', 'Connection closed'].includes(error.message);

/** True for what may be gone when it is asked again: nobody there, too few replicas, too much to do, no answer in time. */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (isAway(error) || error.name === 'OperationTimedOutError') return true;
  const { code } = error as DriverError;
  return error.name === 'ResponseError' && code !== undefined && passing.has(code);
}

/** What an error says, without the driver's stack behind it. */
export function gist(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0]?.replace(/[.\s]+$/, '') ?? '';
}

/** What an error of the driver is for the one who asked. */
export function meaning(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const all = inner(error);
  const has = (code: number) => all.length > 0 && all.every((one) => one.code === code);
  if (has(codes.overloaded)) return new StoreBusy(`Cassandra has too much to do (${gist(error)})`, { cause: error });
  if (isAway(error) || has(codes.unavailable) || has(codes.bootstrapping))
    return new StoreNotReady(gist(error), { cause: error });
  return error;
}

/** Does again what can be done twice, with a back-off, for so many milliseconds at the most. */
export async function persist<T>(work: () => Promise<T>, patience: number): Promise<T> {
  const end = performance.now() + patience;
  for (let pause = 50; ; pause = Math.min(pause * 2, 2000)) {
    try {
      return await work();
    } catch (error) {
      const wait = pause * (0.5 + Math.random());
      if (!mayPass(error) || performance.now() + wait > end) throw meaning(error);
      await sleep(wait);
    }
  }
}
