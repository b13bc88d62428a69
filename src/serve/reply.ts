import { goJson } from './json.ts';
import type { Reply } from './route.ts';

/** What is wrong with a request, as the answer tells it. */
export interface Fault {
  message: string;
  detail: string;
}

export const json = (status: number, value: unknown): Reply => ({
  status,
  type: 'application/json',
  body: goJson(value),
});

export const text = (status: number, body: string): Reply => ({ status, type: 'text/plain; charset=utf-8', body });

/** The answer to a fault, its two words in the order that the first clients of this API know. */
export const refusal = (status: number, { message, detail }: Fault): Reply => json(status, { message, detail });

export const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));
