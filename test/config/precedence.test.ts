import assert from 'node:assert/strict';
import { test } from 'node:test';
import { read, sample } from './world.ts';

const files = {
  '/flag': 'flag-secret\n',
  '/env': 'env-secret\r\n',
  '/file': ' file-secret \n',
  '/flag/': '',
  '/env/': '',
  '/file/': '',
};

/** Option, what is given by flag, variable and file, and the four values that come of it. */
const cases: [string, string, string, string, unknown[]][] = [
  ['text', 'flag', ' env ', 'file', ['flag', 'env', 'file', undefined]],
  ['count', '1', '2.5', '3', [1, 2.5, 3, 5]],
  ['toggle', 'true', 'Off', 'yes', [true, false, true, false]],
  [
    'names',
    'x,,y',
    ' v , w ',
    '[t, u]',
    [
      ['x', 'y'],
      ['v', 'w'],
      ['t', 'u'],
      ['a', 'b'],
    ],
  ],
  ['rules', '[1]', '[2]', '[{ a: 1.5, b: yes }]', [[1], [2], [{ a: 1.5, b: 'yes' }], undefined]],
  ['key', '/flag', '/env', '/file', ['flag-secret', 'env-secret', 'file-secret', undefined]],
  ['dest-path', '/flag', '/env', '/file', ['/flag', '/env', '/file', undefined]],
  ['config-path', '/flag/c', '/env/c', '/file/c', ['/flag/c', '/env/c', '/file/c', undefined]],
  ['layout', 'MANY', 'many', 'Many', ['Many', 'Many', 'Many', 'one']],
];

for (const [option, flag, variable, file, [byFlag, byVariable, byFile, byDefault]] of cases) {
  test(`a flag beats a variable beats the file beats the default: ${option}`, () => {
    const env = { [`WATCHER_SAMPLE_${option.toUpperCase().replace('-', '_')}`]: variable, WATCHER_CONFIG: '/c.yaml' };
    const config = { ...files, '/c.yaml': `sample-${option}: ${file}` };
    const value = (given: Parameters<typeof read>[0]) => {
      const { agents, sources } = read(given);
      return [agents.sample?.[option], sources[`sample-${option}`]?.kind];
    };
    const { WATCHER_CONFIG } = env;
    assert.deepEqual(value({ argv: `--sample-${option}=${flag}`, env, files: config }), [byFlag, 'flag']);
    assert.deepEqual(value({ env, files: config }), [byVariable, 'variable']);
    assert.deepEqual(value({ env: { WATCHER_CONFIG }, files: config }), [byFile, 'file']);
    assert.deepEqual(value({}), [byDefault, 'default']);
  });
}

test('an empty variable counts as not set, but for a list as none', () => {
  const env = {
    WATCHER_SAMPLE_TEXT: '',
    WATCHER_SAMPLE_COUNT: ' ',
    WATCHER_SAMPLE_TOGGLE: '',
    WATCHER_SAMPLE_NAMES: '',
  };
  const files = { '/c': 'sample: { text: file, count: 7, toggle: true, names: [x] }' };
  const { agents } = read({ env: { ...env, WATCHER_CONFIG: '/c' }, files });
  assert.equal(agents.sample?.text, 'file');
  assert.equal(agents.sample?.count, 7);
  assert.equal(agents.sample?.toggle, true);
  assert.deepEqual(agents.sample?.names, []);
});

test('an empty key of the file counts as not set, but for a list as none', () => {
  const files = { '/c': 'sample:\n  count:\n  text: ""\n  names:\ncluster-alias: ~\nstrict-labels: []\n' };
  const { core, agents, sources } = read({ argv: '--config /c', files });
  assert.deepEqual([agents.sample?.count, agents.sample?.text, agents.sample?.names], [5, undefined, []]);
  assert.deepEqual([core['cluster-alias'], core['strict-labels']], ['none', []]);
  assert.equal(sources['sample-count']?.kind, 'default');
});

test('the required labels: by default two, none when empty', () => {
  const labels = (value?: string) => read({ env: { WATCHER_STRICT_LABELS: value } }).core['strict-labels'];
  assert.deepEqual(labels(), ['application', 'version']);
  assert.deepEqual(labels(''), []);
  assert.deepEqual(labels(' , '), []);
  assert.deepEqual(labels(' application , team/owner'), ['application', 'team/owner']);
  assert.deepEqual(read({ argv: '--strict-labels=' }).core['strict-labels'], []);
  assert.deepEqual(read({ argv: '--no-strict-labels' }).core['strict-labels'], []);
});

test('booleans in every spelling', () => {
  const toggle = (value: string) => read({ env: { WATCHER_SAMPLE_TOGGLE: value } }).agents.sample?.toggle;
  for (const word of ['true', 'TRUE', 'Yes', 'on', '1', ' true ']) assert.equal(toggle(word), true, word);
  for (const word of ['false', 'False', 'NO', 'off', '0']) assert.equal(toggle(word), false, word);
  const byFlag = (argv: string) => read({ argv, env: { WATCHER_SAMPLE_TOGGLE: 'on' } }).agents.sample?.toggle;
  for (const flag of ['--sample-toggle', '--sample-toggle=yes', '--sample-toggle=1'])
    assert.equal(byFlag(flag), true, flag);
  for (const flag of ['--no-sample-toggle', '--sample-toggle=off', '--sample-toggle=0'])
    assert.equal(byFlag(flag), false, flag);
  assert.equal(byFlag('--sample-toggle='), true);
});

test('a boolean flag leaves the word behind it alone', () => {
  const { core } = read({ argv: '--debug watch --cluster-id x --verbose explain' });
  assert.deepEqual([core.debug, core['cluster-id'], core['log-level']], [true, 'x', 'debug']);
});

test('a flag given twice: a list is joined, else the last counts', () => {
  const { agents } = read({ argv: '--sample-names x --sample-names=y,z --sample-text one --sample-text two' });
  assert.deepEqual([agents.sample?.names, agents.sample?.text], [['x', 'y', 'z'], 'two']);
});

test('behind -- nothing is a flag', () => {
  assert.equal(read({ argv: '-- --nonsense --debug=maybe' }).core.debug, false);
});

test('the options of an agent that is not enabled do not matter', () => {
  const options = { count: { type: 'number', required: true, describe: 'A number' } } as const;
  const { agents } = read({
    argv: '--other-count x --gone-fishing 3',
    env: { WATCHER_OTHER_COUNT: 'y', WATCHER_GONE_FISHING: '', WATCHER_CONFIG: '/c' },
    files: { '/c': 'other: { count: z }\ngone_fishing: 1\ngone: { a: 2 }' },
    agents: [sample, { name: 'other', summary: 'Another', options }],
    known: ['gone'],
  });
  assert.deepEqual(Object.keys(agents), ['sample']);
});
