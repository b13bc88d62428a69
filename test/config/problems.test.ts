import assert from 'node:assert/strict';
import { test } from 'node:test';
import { options } from '../../src/config/options.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { disk, problemsOf, read, sample } from './world.ts';

const link = {
  name: 'link',
  summary: 'Links',
  options: {
    'dest-path': { type: 'directory', required: true, describe: 'The directory for the links' },
    key: { type: 'secret', required: true, literals: ['LINK_KEY'], describe: 'File with the key' },
    parts: { type: 'list', required: true, describe: 'Parts of a path' },
  },
} as const;

test('all problems are told at once, each with its way out', () => {
  const problems = problemsOf({
    agents: [sample, link],
    known: ['scalyr'],
    argv: '--agents link,scaylr,sample --intervall 5 --sample-count 11 --sample-text --debug=maybe --linger -1 --sample-key /no/key',
    env: {
      LOGLEVEL: 'loud',
      WATCHER_SAMPLE_RULES: '{"token": "abc"}',
      WATCHER_SAMPLE_TOGGLE: 'perhaps',
      WATCHER_SAMPLE_CONFIG_PATH: '/nowhere/agent.json',
      WATCHER_CONFIG: '/etc/c.yaml',
      WATCHER_LINK_PARTS: '',
    },
    files: { '/etc/c.yaml': 'sample: { dest_path: /file, layuot: one }\ninterval: fast\nclusterid: x', '/file': '' },
    problems: ['/agents/odd.ts: summary is missing'],
  });
  assert.deepEqual(problems, [
    '/agents/odd.ts: summary is missing',
    '`--debug` is "maybe"; it has to be true or false.',
    '`--intervall` is no option; did you mean `--interval`?',
    '`--sample-text` needs a value.',
    '`sample.layuot` in /etc/c.yaml is no option; did you mean `sample-layout`?',
    '`clusterid` in /etc/c.yaml is no option; did you mean `cluster-id`?',
    '`--interval` (WATCHER_INTERVAL) is "fast", from `interval` in /etc/c.yaml; it has to be a number, 0.1 or more.',
    '`--linger` (WATCHER_LINGER) is "-1", from --linger; it has to be a number, 0 or more.',
    '`--log-level` (WATCHER_LOG_LEVEL) is "loud", from LOGLEVEL; it has to be one of error, warn, info, debug.',
    '`--link-dest-path` (WATCHER_LINK_DEST_PATH) is required: the directory for the links.',
    '`--link-key` (WATCHER_LINK_KEY or LINK_KEY) is required: file with the key.',
    '`--link-parts` (WATCHER_LINK_PARTS) is required: parts of a path.',
    'There is no agent "scaylr"; did you mean `scalyr`? There are link, sample, scalyr.',
    '`--sample-count` (WATCHER_SAMPLE_COUNT) is "11", from --sample-count; it has to be a number, 1 or more, 10 at most.',
    '`--sample-toggle` (WATCHER_SAMPLE_TOGGLE) is "perhaps", from WATCHER_SAMPLE_TOGGLE; it has to be true or false.',
    '`--sample-rules` (WATCHER_SAMPLE_RULES), from WATCHER_SAMPLE_RULES, has to be a list.',
    "`--sample-key` (WATCHER_SAMPLE_KEY or SAMPLE_KEY), from --sample-key, names a file that can't be read: there is no such file.",
    '`--sample-dest-path` (WATCHER_SAMPLE_DEST_PATH) is "/file", from `sample.dest_path` in /etc/c.yaml; it has to be a directory.',
    '`--sample-config-path` (WATCHER_SAMPLE_CONFIG_PATH) is "/nowhere/agent.json", from WATCHER_SAMPLE_CONFIG_PATH; it has to lie in a directory, and /nowhere is none that exists.',
  ]);
});

test('no agents where some are needed', () => {
  const problems = problemsOf({ env: { WATCHER_AGENTS: ' , ' }, required: ['agents'] });
  assert.deepEqual(problems, ['`--agents` (WATCHER_AGENTS) is required: the shippers to configure.']);
  assert.deepEqual(read({ env: { WATCHER_AGENTS: '' } }).core.agents, []);
});

/** What is wrong, and a part of the message. */
const wrong: [string, RegExp][] = [
  ['--strict-labels true', /"true", which is no label: name the labels, or leave it empty to ask for none/],
  ['--strict-labels app!', /which is no name of a label/],
  ['--include-labels=app==', /^$/],
  ['--exclude-labels app>3', /which is no selector; there are app=web/],
  ['--include-namespaces Kube-System', /can match no name/],
  ['--path-map /a', /has to be FROM=TO/],
  ['--path-map a=/b', /two absolute paths/],
  ['--kube-url node-1:8080', /has to be an address that starts with http/],
  ['--status-address 9469', /HOST:PORT, :PORT or off/],
  ['--status-address ::1:9469', /IPv6 address stands in brackets/],
  ['--interval 0', /0\.1 or more/],
  ['--interval 0x10', /has to be a number/],
  ['--interval Infinity', /has to be a number/],
  ['--pod-source kublet', /one of api, kubelet, file/],
  ['--pod-source file', /`--pods` \(WATCHER_PODS\) is required with `--pod-source file`/],
  ['--no-cluster-id', /`--cluster-id` needs a value/],
  ['-x', /^`-x` is no option\.$/],
  ['--constructor 1', /`--constructor` is no option/],
];

for (const [argv, message] of wrong) {
  test(`what ${argv} tells`, () => assert.match(problemsOf({ argv }).join('\n'), message));
}

test('an unknown variable is a warning; those of a Service called watcher are none', () => {
  const { warnings } = read({
    env: {
      WATCHER_INTERVALL: '5',
      WATCHER_UNHEARD_OF: '',
      WATCHER_SERVICE_HOST: '10.0.0.1',
      WATCHER_SERVICE_PORT_HTTP: '80',
      WATCHER_PORT: 'tcp://10.0.0.1:80',
      WATCHER_PORT_80_TCP_ADDR: '10.0.0.1',
      WATCHER_UI_PORT: 'tcp://10.0.0.1:80',
      WATCHER_STATUS_PORT: '80',
    },
  });
  assert.deepEqual(warnings, [
    'the variable WATCHER_INTERVALL means nothing; did you mean WATCHER_INTERVAL?',
    'the variable WATCHER_UNHEARD_OF means nothing',
    'the variable WATCHER_STATUS_PORT means nothing',
  ]);
});

test('a deprecated option still works, with a warning', () => {
  const { agents, warnings } = read({
    env: { WATCHER_OLDER_NAME: 'x', WATCHER_KUBERNETES_UPDATE_CERTIFICATES: 'true' },
  });
  assert.equal(agents.sample?.old, 'x');
  assert.deepEqual(warnings, [
    "WATCHER_KUBERNETES_UPDATE_CERTIFICATES is deprecated: it has no effect: the service account's CA is used as it is",
    'WATCHER_OLDER_NAME is deprecated: use --sample-text',
  ]);
});

test('two options of one name', () => {
  const agent = { name: 'kube', summary: '', options: { url: { type: 'string', describe: 'x' } as const } };
  assert.deepEqual(problemsOf({ agents: [sample, agent] }), [
    '`--kube-url` is an option of the watcher and of the agent kube; one has to be renamed.',
  ]);
});

test('flags of the command itself are left to it', () => {
  assert.deepEqual(problemsOf({ argv: '--once --out /x --help', ignore: ['once', 'out'] }), []);
});

test('offline, directories need not exist and secrets need not be given', () => {
  const { agents } = read({
    agents: [link],
    env: { WATCHER_AGENTS: 'link' },
    argv: '--link-dest-path x --link-parts p',
    offline: true,
  });
  assert.deepEqual(agents.link, { 'dest-path': '/work/x', key: '***', parts: ['p'] });
});

test('the name of the node is needed where the API server is asked', () => {
  const env = { NODE_NAME: '' };
  assert.match(problemsOf({ env }).join(), /^`--node-name` \(WATCHER_NODE_NAME or CLUSTER_NODE_NAME\) is required/);
  assert.deepEqual(problemsOf({ env, argv: '--pod-source kubelet' }), []);
  const labels = problemsOf({ env, argv: '--pod-source kubelet --node-labels' });
  assert.match(labels.join(), /^`--node-name` .* is required with `--node-labels`/);
  assert.deepEqual(problemsOf({ env, offline: true }), []);
});

test('the pods come from the file when one is given', () => {
  assert.equal(read().core['pod-source'], 'api');
  assert.equal(read({ argv: '--pods /p.json' }).core['pod-source'], 'file');
  assert.equal(read({ argv: '--pods /p.json --pod-source kubelet' }).core['pod-source'], 'kubelet');
});

test('every default passes its own check', () => {
  for (const [name, option] of Object.entries(options)) {
    if ('check' in option && 'default' in option) assert.equal(option.check(option.default), undefined, name);
  }
  assert.ok(parseConfig({ argv: [], env: { NODE_NAME: 'n' }, files: disk({}), agents: [] }));
});
