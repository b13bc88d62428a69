import type { OptionTable, Values } from '../config/option.ts';
import type { HintKey } from './hints.ts';
import type { Reload } from './reload.ts';
import type { Node, Target } from './target.ts';

/** One file or one link that an agent wants on disk. Paths are absolute and lie under the agent's own directories. */
export type Output = FileOutput | LinkOutput;

export interface FileOutput {
  kind: 'file';
  path: string;
  content: string;
  /** Permission bits; 0644 unless told. */
  mode?: number;
}

export interface LinkOutput {
  kind: 'link';
  path: string;
  /** Where the link leads, as it is written into the link. */
  to: string;
}

/** Fills the template `<name>` of the agent (`templates/<agent>/<name>.hbs`), escaping by the format in its name. */
export type Fill = (name: string, context: object) => string;

export interface RenderInput<O extends OptionTable = OptionTable> {
  /** Every container to ship, in canonical order. */
  targets: readonly Target[];
  node: Node;
  options: Values<O>;
  fill: Fill;
  /** A path as the shipper sees it. `target.log` has been through it already. */
  seenByShipper(path: string): string;
  /** Tells the operator of something in a target that was ignored; the target is shipped all the same. */
  report(target: Target, problem: string): void;
}

/** A program of the shipper's that says whether its configuration is valid. */
export interface Check {
  /**
   * The program and its arguments. `{staged}` in an argument stands for a directory in which each output lies at its
   * own absolute path: `{staged}/etc/shipper.yaml`. Run without a shell, with no environment but PATH. Exit code 0 is
   * valid; a program that isn't there checks nothing, and the operator is told so.
   */
  command: readonly string[];
  /** Seconds after which it is ended and has failed; 10 unless told. */
  timeout?: number;
}

/** The version of this contract. */
export const contractVersion = 1;

/** A plugin: turns all targets into all outputs of one shipper. */
export interface Agent<O extends OptionTable = OptionTable> {
  /** The version of this contract that the agent is written for; 1 unless told. */
  contract?: number;
  /** Lower case letters, digits and dashes; the file's name. */
  name: string;
  /** One line for `kube-log-watcher agents`. */
  summary: string;
  /** Flag `--<agent>-<option>`, variable `WATCHER_<AGENT>_<OPTION>`. Options of type `directory` and `file` are the
   * only places where the agent may write. */
  options: O;
  /** Further directories below which it may write with these options, where an option tells them only indirectly. */
  directories?(options: Values<O>): string[];
  /**
   * Pure, complete, repeatable: the same input gives the same outputs, and what is left out gets removed from disk.
   * Called at each pass. If it throws, the guilty targets are found and keep their last good state; the rest goes on.
   */
  render(input: RenderInput<O>): Output[];
  /** The hints that it maps; for each other one that a target has, the operator is told that it is unsupported. */
  hints?: readonly HintKey[];
  /** How the shipper is told of changed files; nothing for one that looks by itself. */
  reload?(options: Values<O>): Reload | undefined;
  /** How the outputs are checked before any of them is written. */
  check?(options: Values<O>): Check | undefined;
}

/** Gives an agent its option types; the identity otherwise. */
export function defineAgent<const O extends OptionTable>(agent: Agent<O>): Agent<O> {
  return agent;
}
