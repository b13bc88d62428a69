import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemsOf, read } from './world.ts';

const of = (text: string) => ({ argv: '--config /c', files: { '/c': text, '/d/': '' } });

/** The same in every form a config file may have. */
const forms: [string, string][] = [
  ['flat, dashes', 'sample-dest-path: /d\nsample-count: 7\ncluster-id: 1.10\n'],
  ['flat, underscores', 'sample_dest_path: /d\nsample_count: 7\ncluster_id: 1.10\n'],
  ['nested, dashes', 'sample:\n  dest-path: /d\n  count: 7\ncluster-id: 1.10\n'],
  ['nested, underscores', 'sample: { dest_path: /d, count: "7" }\ncluster_id: "1.10"\n'],
  ['JSON', '{\n\t"sample": {\n\t\t"dest-path": "/d",\n\t\t"count": 7\n\t},\n\t"cluster_id": "1.10"\n}\n'],
];

for (const [name, text] of forms) {
  test(`a config file: ${name}`, () => {
    const { core, agents, files } = read(of(text));
    assert.deepEqual([agents.sample?.['dest-path'], agents.sample?.count], ['/d', 7]);
    assert.equal(core['cluster-id'], '1.10', 'text stays as it is written');
    assert.deepEqual(files, ['/c']);
  });
}

test('lists, booleans, data and other names', () => {
  const { core, agents } = read(
    of(
      'interval: 0.5\ndebug: yes\nstrict_labels: app, team\nolder-name: x\nsample:\n  names: [1, on]\n  rules: "[{n: 1}]"\n',
    ),
  );
  assert.deepEqual([core.interval, core.debug, core['strict-labels']], [0.5, true, ['app', 'team']]);
  assert.deepEqual(agents.sample?.names, ['1', 'on']);
  assert.deepEqual(agents.sample?.rules, [{ n: 1 }]);
  assert.equal(agents.sample?.old, 'x');
  assert.equal(read(of('sample: { older-name: y }')).agents.sample?.old, 'y');
});

test('an empty config file is one', () => {
  assert.equal(read(of('')).core.interval, 60);
  assert.equal(read(of('# nothing\n')).core.interval, 60);
});

/** What is wrong with a config file, and all that is told. */
const wrong: [string, string[]][] = [
  ['a: [1', ['/c is no valid YAML or JSON, in line 1.']],
  ['interval: 5\n  linger: 6\n', ['/c is no valid YAML or JSON, in line 1.']],
  ['interval: 5\ninterval: 6\n', ['/c is no valid YAML or JSON, in line 2.']],
  ['- interval\n', ['/c has to be a mapping of options to values.']],
  ['just words', ['/c has to be a mapping of options to values.']],
  ['config: /other', ['`config` in /c is no option.']],
  ['smaple: { count: 3 }', ['`smaple` in /c is no option; did you mean `sample`?']],
  ['sample: { cuont: 3 }', ['`sample.cuont` in /c is no option; did you mean `sample-count`?']],
  ['sample: { debug: true }', ['`sample.debug` in /c is no option.']],
  ['__proto__: { interval: 1 }', ['`__proto__` in /c is no option.']],
  ['sample: { count: 3 }\nsample_count: 4', ['`sample_count` in /c is the same as `sample.count`; one has to go.']],
  [
    'interval: { seconds: 5 }',
    ['`--interval` (WATCHER_INTERVAL) is {"seconds":"5"}, from `interval` in /c; it has to be a single value.'],
  ],
];

for (const [text, problems] of wrong) {
  test(`a config file with ${JSON.stringify(text)}`, () => assert.deepEqual(problemsOf(of(text)), problems));
}

test('a config file that is not there is a problem, not an empty one', () => {
  assert.deepEqual(problemsOf({ env: { WATCHER_CONFIG: '/gone' } }), [
    "`--config` (WATCHER_CONFIG) is /gone, which can't be read: there is no such file.",
  ]);
});
