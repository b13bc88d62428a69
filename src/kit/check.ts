import type { Output } from '../agent/agent.ts';
import type { Target } from '../agent/target.ts';
import type { Subject } from './subject.ts';
import type { TargetInput } from './targets.ts';

/** One thing that every agent has to hold to. */
export interface Check {
  /** Lower case with dashes. */
  name: string;
  /** One line, true of an agent that passes. */
  meaning: string;
  /** Looks at the agent by itself; returns what is wrong. */
  look?(subject: Subject): Promise<Finding | undefined>;
  /** Asked of whatever the agent has made of ordinary and of hostile targets; returns what is wrong. */
  judge?(made: Made, subject: Subject): string | undefined;
}

export interface Finding {
  problem: string;
  /** The smallest example that was found. */
  example?: readonly TargetInput[];
  /** What the agent made of it. */
  outputs?: readonly Output[];
}

/** What an agent has made of some targets. */
export interface Made {
  hostile: boolean;
  inputs: readonly TargetInput[];
  targets: readonly Target[];
  outputs: readonly Output[];
  reports: readonly string[];
  /** In place of outputs. */
  error?: string;
}
