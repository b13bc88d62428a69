import type { HttpReload } from '../../agent/reload.ts';
import { ask, excerpt, fieldOf, place, type Question } from './ask.ts';

/** Resolves when the shipper has said yes. */
export async function sendHttp(reload: HttpReload, world: Pick<Question, 'timeout' | 'signal'>): Promise<void> {
  const { method, url, body, expect } = reload;
  const answer = await ask({ method, url, body, ...world });
  const { status, text } = answer;
  if (status < 200 || status > 299) throw new Error(`${place(url)} answered ${status}: ${excerpt(text)}`);
  if (!expect) return;
  const value = fieldOf(answer, expect.field);
  if (value === expect.is) return;
  const wish = `${expect.field} has to be ${JSON.stringify(expect.is)}`;
  throw new Error(`${place(url)} refused, ${wish}: ${excerpt(text)}`);
}
