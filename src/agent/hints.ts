/**
 * What a pod's annotations, or the operator in their stead, ask for the log of one container: checked, and cut to what
 * the operator allows. Its text is still strangers' input.
 */
export interface Hints {
  /** The name of a parser that the shipper has to know. */
  parser?: string;
  /** A regular expression that the first line of each entry matches, and no other. */
  multilineStart?: string;
  /** The share of lines to keep, from 0 to 1; of several, the first whose expression matches the line. */
  sampling?: readonly { match?: string; rate: number }[];
  /** What is replaced in each line, in this order. */
  redaction?: readonly { match: string; replacement: string }[];
  /** One that the operator gives to the pod's namespace. */
  tenant?: string;
  /** Further attributes of each line; names have letters, digits and `_`, and are none of ours. */
  attributes: Readonly<Record<string, string>>;
}

/** The hints that an agent can map. `include` and `exclude` are decided before an agent is asked. */
export const hintKeys = ['parser', 'multiline-start', 'sampling', 'redaction', 'tenant', 'attributes'] as const;
export type HintKey = (typeof hintKeys)[number];
