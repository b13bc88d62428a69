import { mask } from '../system/secrets.ts';

/** All that is wrong with a configuration, one line for each, without secrets. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  /** Config file and secret files that were looked at; a change in one of them may be the cure. */
  readonly files: readonly string[];

  constructor(problems: readonly string[], files: readonly string[] = []) {
    const masked = problems.map(mask);
    super(masked.join('\n'));
    this.name = 'ConfigError';
    this.problems = masked;
    this.files = files;
  }
}
