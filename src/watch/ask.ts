import { createHash } from 'node:crypto';
import type { Check, Output } from '../agent/agent.ts';
import { runCheck, type Verdict } from './check.ts';

export interface AskInput {
  check: Check;
  /** What it said of which outputs; changed here, and kept by the caller from one pass to the next. */
  answers: Map<string, Verdict>;
  /** Ask once more about the first outputs, if they were not good: what ailed them may be gone by itself. */
  again: boolean;
  /** Called with each verdict, also with one that is remembered. */
  onVerdict(verdict: Verdict): void;
  /** Where outputs are laid out; the system's own place unless told. */
  temporary?: string;
  /** How often it may be run, and the milliseconds after which it is run no more. */
  most?: { runs: number; time: number };
}

/** So many answers are remembered: some searches for a guilty target. */
const longestMemory = 512;

/**
 * What a shipper's own check has against outputs; it is not run again for those that it has judged. Throws where that
 * is no verdict on them: it did not come to an end, or was run too often.
 */
export function createAsk({
  check,
  answers,
  again,
  onVerdict,
  temporary,
  most = { runs: 64, time: 60_000 },
}: AskInput): (outputs: readonly Output[]) => Promise<string | undefined> {
  let first = true;
  let runs = 0;
  let spent = 0;
  let refusal = '';

  const run = async (outputs: readonly Output[]) => {
    if (runs >= most.runs || spent >= most.time) throw new Error(`${refusal} (no end found in ${runs} checks)`);
    const start = performance.now();
    const verdict = await runCheck(check, outputs, temporary);
    runs += 1;
    spent += performance.now() - start;
    return verdict;
  };

  return async (outputs) => {
    const key = createHash('sha1')
      .update(JSON.stringify([check.command, outputs]))
      .digest('base64');
    const before = answers.get(key);
    const verdict = before && (before.is === 'ok' || !(again && first)) ? before : await run(outputs);
    first = false;
    // The newest last, so that what stands on disk is not forgotten.
    answers.delete(key);
    answers.set(key, verdict);
    for (const [oldest] of answers) {
      if (answers.size <= longestMemory) break;
      answers.delete(oldest);
    }
    onVerdict(verdict);
    if (verdict.is !== 'failed') return undefined;
    if (verdict.unanswered) throw new Error(verdict.why);
    refusal = verdict.why;
    return verdict.why;
  };
}
