import type { Log } from '../../system/log.ts';
import type { Metrics } from '../../system/metrics.ts';
import type { Verdict } from '../filter.ts';
import type { Result } from '../reconcile.ts';
import { hintProblems, type HintProblem, type HintProblemCode } from './problems.ts';
import { isUnsupported } from './unsupported.ts';

interface Told extends HintProblem {
  namespace?: string;
  pod?: string;
}

/** Counts what is wrong with hints, and logs what is new; what an agent can't do is counted by {@link countUnsupported}. */
export function tellHints(before: readonly Verdict[], after: readonly Verdict[], log: Log, metrics: Metrics): void {
  const known = problemsOf(before);
  const now = problemsOf(after);
  for (const [key, { pod, ...problem }] of now) {
    if (!known.has(key)) log.warn('hint ignored', { ...problem, ...(problem.of === 'pod' && { pod }) });
  }
  const found = [...now.values()];
  for (const code of Object.keys(hintProblems) as HintProblemCode[]) {
    if (code !== 'unsupported') metrics.hintProblems.set({ code }, found.filter((one) => one.code === code).length);
  }
}

/** The same as lines of text. */
export function ignoredHints(verdicts: readonly Verdict[]): string[] {
  return [...problemsOf(verdicts).values()].map(
    ({ namespace, pod, of, code, annotation, detail }) =>
      `${namespace}${of === 'pod' ? `/${pod}` : ''}: ignored ${code}: ${annotation} ${detail}`,
  );
}

/** Counts the hints that agents can't do, each for each container. */
export function countUnsupported(results: ReadonlyMap<string, Result>, { hintProblems }: Metrics): void {
  const reports = [...results.values()].flatMap((result) => [...result.reports.values()].flat());
  hintProblems.set({ code: 'unsupported' }, reports.filter(isUnsupported).length);
}

/** Each problem once for its pod or namespace, however many containers it concerns; none of what is left out anyway. */
function problemsOf(verdicts: readonly Verdict[]): Map<string, Told> {
  const problems = new Map<string, Told>();
  for (const { state, reason, wanted, target } of verdicts) {
    if (!wanted || !target || (state !== 'kept' && !reason.startsWith('hint-'))) continue;
    const { namespace, name: pod, uid } = target.pod;
    for (const problem of wanted.problems) {
      const { code, annotation, detail, of } = problem;
      problems.set(JSON.stringify([of === 'pod' ? uid : namespace, of, code, annotation, detail]), {
        ...problem,
        namespace,
        pod,
      });
    }
  }
  return problems;
}
