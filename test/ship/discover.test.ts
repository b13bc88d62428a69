import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { test, type TestContext } from 'node:test';
import { strangersPattern } from '../../src/system/pattern.ts';
import { discover, type Wanted } from '../../src/ship/discover/discover.ts';
import { pathMatcher } from '../../src/ship/discover/glob.ts';
import { attributesOfChain } from '../../src/ship/discover/place.ts';

function tree(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'ship-discover-'));
  t.after(() => rmSync(root, { recursive: true }));
  const put = (path: string, text = '') => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    return join(root, path);
  };
  const link = (path: string, to: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    symlinkSync(to, join(root, path));
    return join(root, path);
  };
  const wanted = (changes: Partial<Wanted>): Wanted => ({
    paths: [],
    exclude: [],
    excludeNamespaces: [],
    targets: undefined,
    own: { pod: undefined, namespace: undefined, files: [] },
    ...changes,
  });
  const find = (changes: Partial<Wanted>) =>
    [...discover(wanted(changes)).sources.keys()].map((path) => path.slice(root.length + 1)).sort();
  return { root, put, link, wanted, find };
}
const id = 'ab'.repeat(32);

test('** stands for any directories, and what a rotation compressed is left out', (t) => {
  const { root, put, find } = tree(t);
  for (const path of ['a.log', 'x/b.log', 'x/y/z/c.log', 'x/b.log.gz', 'x/b.log.tmp', 'x/.hidden']) put(path);
  assert.deepEqual(find({ paths: [join(root, '**/*.log')] }), ['a.log', 'x/b.log', 'x/y/z/c.log']);
  assert.deepEqual(find({ paths: [join(root, '*/*')] }), ['x/b.log']);
  assert.deepEqual(find({ paths: [join(root, '{a,q}.log'), join(root, 'x/[a-b]?log')] }), ['a.log', 'x/b.log']);
});

test('chains of links lead to one file, which is followed once and knows what all names tell', (t) => {
  const { root, put, link, wanted } = tree(t);
  const docker = put(`docker/${id}/${id}-json.log`);
  const pod = link('pods/default_web.1-x_uid-1/app/3.log', docker);
  const name = link(`containers/web.1-x_default_app-${id}.log`, pod);
  link('containers/loop.log', 'loop.log');
  link('containers/dangling.log', 'nowhere');
  const found = discover(wanted({ paths: [join(root, 'containers/*.log'), join(root, 'pods/**/*.log')] }));
  const [[file, source]] = [...found.sources] as [[string, { path: string; attributes: object }]];
  assert.equal(found.sources.size, 1);
  assert.deepEqual([file, source.path], [docker, name]);
  const attributes = { namespace: 'default', pod: 'web.1-x', container: 'app', container_id: id };
  assert.deepEqual(source.attributes, { ...attributes, pod_uid: 'uid-1', restart: '3' });
  assert.deepEqual(found.problems, [`${join(root, 'containers/loop.log')}: a loop of links`]);
});

test('a name that the kubelet has cut still tells, by the directory of the pod', () => {
  const long = 'p'.repeat(253);
  const cut = `/var/log/containers/${`${long}_default_app-${id}`.slice(0, 251)}.log`;
  assert.equal(attributesOfChain([cut])['pod'], undefined);
  assert.equal(attributesOfChain([cut, `/var/log/pods/default_${long}_uid/app/0.log`])['pod'], long);
});

test('what is left out: by pattern, namespace, and the own pod', (t) => {
  const { root, put, find } = tree(t);
  for (const [pod, namespace] of [
    ['web', 'default'],
    ['my-kube-system-x', 'default'],
    ['dns', 'kube-system'],
    ['me', 'logs'],
  ])
    put(`${pod}_${namespace}_app-${id}.log`);
  const paths = [join(root, '*.log')];
  const names = (found: string[]) => found.map((path) => path.split('_')[0]);
  assert.deepEqual(names(find({ paths, exclude: ['*kube-system*.log'] })), ['me', 'web']);
  assert.deepEqual(names(find({ paths, excludeNamespaces: ['kube-system'] })), ['me', 'my-kube-system-x', 'web']);
  const own = { pod: 'me', namespace: 'logs', files: [join(root, `dns_kube-system_app-${id}.log`)] };
  assert.deepEqual(names(find({ paths, own })), ['my-kube-system-x', 'web']);
});

test("a pod's uid is what the target says, not what its directory or an attribute of a user's does", (t) => {
  const { put, wanted } = tree(t);
  const path = put('pods/default_web_5f0c9e/app/0.log');
  const told = (more: object) => {
    const targets = put('target.json', JSON.stringify({ path, ...more }));
    return discover(wanted({ targets })).sources.get(path)?.attributes['pod_uid'];
  };
  assert.equal(told({}), '5f0c9e');
  assert.equal(told({ pod_uid: '0b7e9b1a', attributes: { pod_uid: 'of-a-stranger' } }), '0b7e9b1a');
  assert.equal(told({ pod_uid: '', attributes: {} }), '5f0c9e');
});

test('targets: one file or a directory, with what they add; a file that is half written is a problem', (t) => {
  const { root, put, wanted } = tree(t);
  const log = put('a.log');
  const target = put(
    'targets/a.json',
    JSON.stringify({ path: log, attributes: { team: 'blue' }, multiline: { start: '^x' } }),
  );
  put('targets/.b.json', '{');
  const { sources, problems } = discover(wanted({ targets: join(root, 'targets') }));
  assert.deepEqual(sources.get(log), {
    path: log,
    attributes: { team: 'blue' },
    multiline: { start: strangersPattern('^x'), lines: 500 },
  });
  assert.deepEqual(problems, []);
  writeFileSync(target, '{"path": ');
  assert.equal(discover(wanted({ targets: target })).problems.length, 1);
  unlinkSync(target);
  assert.equal(discover(wanted({ targets: target })).problems.length, 1);
});

test('a path that a relative pattern has found is told as it was asked for', (t) => {
  const { root, put, link, wanted } = tree(t);
  put('logs/a/b.log');
  link('linked', 'logs/a');
  const told = (pattern: string) =>
    [...discover(wanted({ paths: [pattern] })).sources.values()].map(({ path }) => path);
  const here = relative(process.cwd(), root);
  assert.deepEqual(told(`${here}/logs/**/*`), [`${here}/logs/a/b.log`]);
  assert.deepEqual(told(`./${here}/linked/b.log`), [`./${here}/linked/b.log`]);
  assert.deepEqual(told(`${root}/logs/*/b.log`), [`${root}/logs/a/b.log`]);
  assert.deepEqual(told('/*.no such file'), []);
});

test('each path: all names of a file, in directories that are links too, and nothing that a rotation put aside', (t) => {
  const { root, put, link, wanted } = tree(t);
  const log = put('real/a.log');
  for (const name of ['a.log.1', 'a.log-20260102', 'a.log.old', 'b-1']) put(`real/${name}`);
  link('real/beside.log', 'a.log');
  link('real/absolute.log', log);
  link('root', 'real');
  put('outside.log');
  link('real/out.log', '../outside.log');
  link('real/directory', '..');
  const { sources } = discover(wanted({ paths: [`${root}/root/**/*`], eachPath: true }));
  const names = [...sources].map(([file, { names = [] }]) => [file, names.map(({ path }) => path).sort()]);
  assert.deepEqual(Object.fromEntries(names), {
    [log]: ['a.log', 'absolute.log', 'beside.log'].map((name) => join(root, 'root', name)),
    [join(root, 'real/b-1')]: [join(root, 'root/b-1')],
    [join(root, 'outside.log')]: [join(root, 'root/out.log')],
  });
});

test('patterns of whole paths', () => {
  const matches = pathMatcher(['/var/**/x.log', '/a.b/*']);
  assert.deepEqual(['/var/x.log', '/var/1/2/x.log', '/a.b/c', '/aXb/c', '/a.b/c/d'].map(matches), [
    true,
    true,
    true,
    false,
    false,
  ]);
});

test('directories that lead in a circle are told, and do not end the look', (t) => {
  const { root, put, link, wanted } = tree(t);
  put('pods/a/0.log');
  link('pods/loop', 'loop');
  link('targets', 'targets');
  const { sources, problems } = discover(wanted({ paths: [`${root}/pods/*/*.log`], targets: join(root, 'targets') }));
  assert.deepEqual([...sources.keys()], [join(root, 'pods/a/0.log')]);
  assert.ok(problems.some((problem) => problem.includes('pods/loop')));
  assert.ok(problems.some((problem) => problem.includes('targets')));
});
