import type { OptionType } from './option.ts';

export const typeWords: Readonly<Record<OptionType, string>> = {
  string: 'text, without blanks at the ends',
  number: 'a number, `0.5` or `1e3`',
  boolean:
    '`true`, `yes`, `on`, `1` or `false`, `no`, `off`, `0`, in any case; the flag alone is true, `--no-…` is false',
  list: 'separated by commas, blanks around them do not matter; a flag may be repeated; in the config file also a sequence',
  data: 'JSON or YAML; in the config file also the structure itself',
  secret: 'the path of a file, whose content without blanks at the ends is the secret; it must not be empty',
  directory: 'the path of a directory that exists',
  file: 'the path of a file that will be written; its directory must exist',
};

export const exitCodes: readonly (readonly [number, string])[] = [
  [0, 'Ended as asked. `explain`: the container is collected'],
  [
    1,
    'Failed; `render --diff`: there are differences; `lint`: problems were found; `doctor`: something has to be done',
  ],
  [2, 'The command line or the configuration has problems; `lint`: a file can not be read'],
  [3, '`explain`: excluded'],
  [4, '`explain`: not decided yet'],
  [5, '`explain`: an agent fails on it'],
  [6, '`explain`: no such container is known'],
];

/** Variables of kubernetes-log-watcher 0.x that behave in another way now: name, was, is. */
export const ancestorTable: readonly (readonly [string, string, string])[] = [
  ['all', 'the variable beats the flag', 'the flag beats the variable'],
  ['all', 'set but empty counts as set', 'set but empty counts as not set; for lists as none'],
  ['`WATCHER_AGENTS`', 'a blank after a comma is an error', 'blanks and empty parts do not matter'],
  ['`WATCHER_INTERVAL`', 'ends the program', 'works; fractions too'],
  ['`WATCHER_KUBE_URL`', 'finds no pod', 'works'],
  [
    '`WATCHER_STRICT_LABELS`',
    'not trimmed; none by default',
    'trimmed; `application,version` by default, empty for none',
  ],
  ['`WATCHER_DEBUG`, `WATCHER_SCALYR_JOURNALD`', 'any text is on, `false` too', 'a boolean'],
  [
    '`WATCHER_KUBERNETES_UPDATE_CERTIFICATES`',
    'runs `update-ca-certificates`',
    'without effect; the CA is used as it is',
  ],
  ['`LOGLEVEL`', "Python's names", "Python's names in any case, and `error`, `warn`, `info`, `debug`"],
  [
    '`WATCHER_CONFIG`',
    'an unreadable file counts as empty; unknown keys are ignored',
    'both are problems; the file that an agent writes itself is passed over with a warning',
  ],
  ['`WATCHER_SCALYR_API_KEY_FILE`', 'the newline at the end becomes a part of the key', 'trimmed'],
  ['`WATCHER_SCALYR_API_KEY`', 'no longer read', 'read where no file is given'],
  ['`WATCHER_SCALYR_CONFIG_PATH`', 'a bare file name is an error', 'relative to the working directory'],
  ['`WATCHER_CONTAINERS_PATH`', 'the default is `/mnt/containers/`', 'without it the usual places are looked at'],
];
