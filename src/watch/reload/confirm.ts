import { setTimeout as sleep } from 'node:timers/promises';
import type { Reload } from '../../agent/reload.ts';
import { ask, Broken, Down, fieldOf, place } from './ask.ts';

/** The shipper was told, but what tells that it has read its files stayed as it was. */
export class Unconfirmed extends Error {}

export interface ConfirmWorld {
  /** Milliseconds for one answer, between two looks, and until the last look at which the reload has to be seen. */
  timeout: number;
  pause: number;
  patience: number;
  signal: AbortSignal;
}

type Confirm = NonNullable<Reload['confirm']>;
/** A shipper that is down or has no such field is one that has any value later; of one that is unreadable nothing is known. */
type Look = { value: string } | { none: true } | { unreadable: string };

/** Sends, and resolves when the field has another value than before. Without a field it resolves when all is sent. */
export async function confirmed(
  confirm: Confirm | undefined,
  send: () => Promise<void>,
  world: ConfirmWorld,
): Promise<void> {
  if (!confirm) return send();
  const before = await look(confirm, world.timeout, world.signal);
  let broken: Broken | undefined;
  try {
    await send();
  } catch (error) {
    // A shipper may drop its connections while it reloads.
    if (!(error instanceof Broken)) throw error;
    broken = error;
  }
  if ('unreadable' in before)
    throw broken ?? new Unconfirmed(`the reload was sent, but it can't be confirmed: ${before.unreadable}`);
  const after = await waitForOther(before, confirm, world);
  if (after !== undefined) throw broken ?? new Unconfirmed(after);
}

/** Undefined once there is another value, else why there is none. */
async function waitForOther(before: Look, confirm: Confirm, world: ConfirmWorld): Promise<string | undefined> {
  const { timeout, pause, patience, signal } = world;
  const end = performance.now() + patience;
  const old = 'value' in before ? before.value : undefined;
  let last = '';
  while (performance.now() < end) {
    const now = await look(confirm, timeout, signal);
    if ('value' in now && now.value !== old) return undefined;
    last = 'unreadable' in now ? now.unreadable : 'none' in now ? 'it has no value' : `it is still ${now.value}`;
    await sleep(pause, undefined, { signal });
  }
  const what = `${confirm.field} at ${place(confirm.url)}`;
  return `the shipper did not reload: ${what} has not changed within ${patience / 1000} s; ${last}`;
}

async function look({ url, field }: Confirm, timeout: number, signal: AbortSignal): Promise<Look> {
  try {
    const answer = await ask({ method: 'GET', url, timeout, signal });
    if (answer.status < 200 || answer.status > 299) return { unreadable: `${place(url)} answered ${answer.status}` };
    const value = fieldOf(answer, field);
    return value === undefined || value === null ? { none: true } : { value: JSON.stringify(value).slice(0, 200) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Down) return { none: true };
    return { unreadable: `${place(url)}: ${error instanceof Error ? error.message : String(error)}` };
  }
}
