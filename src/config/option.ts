/**
 * One setting. Its name in an {@link OptionTable} is lower case with dashes; flag (`--name`), variable (`WATCHER_NAME`)
 * and config file key (`name`, `_` for `-` allowed) follow from it.
 */
export interface Option {
  type: OptionType;
  /** One line for `--help` and the docs, without a full stop. */
  describe: string;
  default?: string | number | boolean | readonly string[];
  /** The words allowed, in any case. */
  choices?: readonly string[];
  /** Other words for a choice, in lower case. */
  spellings?: Readonly<Record<string, string>>;
  required?: boolean;
  /** Least and greatest number allowed. */
  min?: number;
  max?: number;
  /**
   * Further names, whole ones: each is a flag, a `WATCHER_…` variable and a config file key as well. One of a single
   * letter is a short flag and nothing else.
   */
  aliases?: readonly string[];
  /** Further environment variables, by their whole names. */
  variables?: readonly string[];
  /** For `secret`: environment variables that hold the secret itself instead of a file's path. */
  literals?: readonly string[];
  /** Says what is wrong with the value, or returns undefined. Not asked for secrets. */
  check?(value: unknown): string | undefined;
  /** Still accepted; this sentence tells what to use instead. */
  deprecated?: string;
}

/**
 * - `string`, `number`, `boolean`
 * - `list`: comma separated, trimmed, without empty ones; a sequence in the config file
 * - `data`: JSON or YAML text, or the same as a structure in the config file
 * - `secret`: the path of a file; the value handed out is the file's content, trimmed. Never logged, never printed
 * - `directory`: an existing directory below which an agent may write
 * - `file`: the path of a file that an agent may write; its directory must exist
 */
export type OptionType = 'string' | 'number' | 'boolean' | 'list' | 'data' | 'secret' | 'directory' | 'file';

export type OptionTable = Readonly<Record<string, Option>>;

interface ValueOf {
  string: string;
  number: number;
  boolean: boolean;
  list: readonly string[];
  data: unknown;
  secret: string;
  directory: string;
  file: string;
}

/** The checked values of a table, by option name. Without `default` and `required` a value may be undefined. */
export type Values<T extends OptionTable> = {
  readonly [K in keyof T]:
    | ValueOf[T[K]['type']]
    | (T[K] extends { default: NonNullable<Option['default']> } | { required: true } ? never : undefined);
};
