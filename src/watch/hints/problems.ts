/** What can be wrong with a hint: one closed list, the same in `explain`, `lint`, logs, metrics and docs. */
export const hintProblems = {
  'unknown-key': 'There is no hint of this name.',
  'unknown-container': 'The pod has no container of this name.',
  'invalid-value': 'The value is not what the hint takes.',
  'not-allowed': 'The operator does not allow this hint (`--hints`).',
  'tenant-not-allowed': "The tenant is none of the namespace's (`--tenants`).",
  unsupported: 'The agent does not map this hint.',
} as const;

export type HintProblemCode = keyof typeof hintProblems;

/** One thing that is wrong; whatever else the annotations say is used all the same. */
export interface HintProblem {
  code: HintProblemCode;
  /** The whole name of the annotation. */
  annotation: string;
  /** Whose annotation it is. */
  of: 'pod' | 'namespace';
  /** The end of a sentence that begins with the annotation. Its text may be a stranger's. */
  detail: string;
}

/** A stranger's text as it may stand in a message. */
export function quoted(text: string): string {
  return JSON.stringify((text.length > 60 ? `${text.slice(0, 60)}…` : text).toWellFormed());
}
