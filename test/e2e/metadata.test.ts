import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { accountName, createAccount, readManifests } from './support/account.ts';
import { pod } from './support/objects.ts';
import { openTestbed, skip, type Testbed } from './support/testbed.ts';
import { until } from './support/until.ts';
import { createWatcher, type Watcher } from './support/watcher.ts';

type List = { items: { metadata: { name: string } }[] };
type Readiness = { ok: boolean; checks: Record<string, { ok: boolean; detail?: string }> };
interface Noted {
  pod: string;
  component: string;
  team: string;
  zone: string;
}

const node = 'containerd';
const zone = 'example.com/zone';

/** An agent that writes down what it is told. */
const agent = `summary: Writes down what it is told
options:
  dest-path: { type: directory, required: true, describe: Directory for the notes }
outputs:
  - each: target
    file: '{{options.dest-path}}/{{pod.name}}.json'
    template: note.json
`;
const template = `{ "pod": "{{pod.name}}", "component": "{{component}}", "team": "{{pod.namespaceLabels.team}}",
  "zone": "{{lookup node.labels "${zone}"}}" }
`;

describe('labels of namespaces and of the node, on a real cluster', { skip }, () => {
  const namespace = `e2e-${randomBytes(4).toString('hex')}`;
  let testbed: Testbed;
  let root: string;
  let notes: string;
  let watcher: Watcher;

  const kubectl = (...args: string[]) => testbed.kubectl(args);
  const apply = (object: object) => testbed.kubectl(['-n', namespace, 'apply', '-f', '-'], object);
  const label = (of: string, value: string) => kubectl('label', ...of.split('/'), value, '--overwrite');
  const noted = async (): Promise<Noted[]> => {
    const texts = (await readdir(notes)).filter((name) => name.endsWith('.json'));
    return Promise.all(texts.map(async (name) => JSON.parse(await readFile(join(notes, name), 'utf8')) as Noted));
  };
  const note = (wanted: Noted) =>
    until(`the note ${JSON.stringify(wanted)}`, async () => {
      const found = (await noted()).find(({ pod }) => pod === wanted.pod);
      return found?.component === wanted.component && found.team === wanted.team && found.zone === wanted.zone;
    });
  const readyz = async () => JSON.parse((await watcher.get('/readyz')).body) as Readiness;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'klw-e2e-'));
    testbed = await openTestbed();
    await kubectl('create', 'namespace', namespace);
    await label(`namespace/${namespace}`, 'team=red');
    await label(`node/node-${node}`, `${zone}=here`);
    const more = ['opt-in/rbac-namespaces.yaml', 'opt-in/rbac-nodes.yaml'];
    const kubeconfig = join(root, 'kubeconfig');
    await writeFile(kubeconfig, await createAccount(testbed, namespace, more), { mode: 0o600 });
    await until('the account that pods run as', async () => {
      const { items } = await testbed.kubectlJson<List>('get', 'serviceaccounts', '-n', namespace);
      return items.some(({ metadata }) => metadata.name === 'default');
    });

    const own = join(root, node);
    const agents = join(root, 'agents');
    notes = join(root, 'notes');
    await mkdir(notes);
    await mkdir(join(agents, 'templates', 'notes'), { recursive: true });
    await writeFile(join(agents, 'notes.yaml'), agent);
    await writeFile(join(agents, 'templates', 'notes', 'note.json.hbs'), template);
    const env = {
      WATCHER_AGENTS: 'notes',
      WATCHER_AGENTS_PATH: agents,
      WATCHER_NOTES_DEST_PATH: notes,
      WATCHER_NAMESPACE_LABELS: 'true',
      WATCHER_NODE_LABELS: 'true',
      WATCHER_LABEL_MAP: JSON.stringify({ component: ['component', 'namespace-label:team'] }),
    };
    watcher = createWatcher(testbed, node, { root: own, kubeconfig, namespace, env });
    await watcher.prepare();
    await watcher.start();
  });

  after(async () => {
    await watcher.stop();
    await label(`node/node-${node}`, `${zone}-`);
    const roles = ['', '-namespaces', '-nodes'].map((suffix) => namespace + suffix);
    await kubectl('delete', 'clusterrolebinding,clusterrole', '--ignore-not-found', ...roles);
    await kubectl('delete', 'namespace', namespace, '--wait=false');
    await testbed.close();
    await rm(root, { recursive: true, force: true });
  });

  afterEach((t) => {
    if ('passed' in t && !t.passed) t.diagnostic(`the watcher's log:\n${watcher.log.slice(-40).join('\n')}`);
  });

  it('has no right but to list and watch pods, namespaces and nodes', async () => {
    const as = `--as=system:serviceaccount:${namespace}:${accountName}`;
    for (const resource of ['pods', 'namespaces', 'nodes']) {
      for (const verb of ['list', 'watch'])
        assert.equal((await kubectl('auth', 'can-i', verb, resource, as)).trim(), 'yes');
      for (const verb of ['get', 'patch'])
        await assert.rejects(kubectl('auth', 'can-i', verb, resource, as), /ended with 1\b/);
    }
  });

  it('tells of both at once', async () => {
    await apply(pod('first', node));
    await note({ pod: 'first', component: 'red', team: 'red', zone: 'here' });
  });

  it('follows an edited label of the namespace', async () => {
    await label(`namespace/${namespace}`, 'team=blue');
    await note({ pod: 'first', component: 'blue', team: 'blue', zone: 'here' });
  });

  it('follows an edited label of the node', async () => {
    await label(`node/node-${node}`, `${zone}=there`);
    await note({ pod: 'first', component: 'blue', team: 'blue', zone: 'there' });
  });

  it('ships with the labels known before while it may not read namespaces, and says so', async () => {
    await kubectl('delete', 'clusterrolebinding', `${namespace}-namespaces`);
    assert.equal(await watcher.stop(), 0);
    await label(`namespace/${namespace}`, 'team=green');
    await watcher.start();
    await apply(pod('second', node));
    await note({ pod: 'second', component: 'blue', team: 'blue', zone: 'there' });
    const { ok, checks } = await until('word of the right that lacks', async () => {
      const answer = await readyz();
      return answer.ok && answer;
    });
    assert.ok(ok);
    assert.match(checks['namespaces']?.detail ?? '', /HTTP 403/);
    const told = watcher.log.filter((line) => line.includes('the namespaces can not be read'));
    assert.equal(told.length, 1, told.join('\n'));
    assert.match(told[0] ?? '', /rbac-namespaces\.yaml/);
  });

  it('finds the new label once it may', async () => {
    const manifests = await readManifests(['opt-in/rbac-namespaces.yaml'], namespace);
    await testbed.kubectl(['apply', '-f', '-'], { apiVersion: 'v1', kind: 'List', items: manifests });
    for (const name of ['first', 'second']) await note({ pod: name, component: 'green', team: 'green', zone: 'there' });
  });
});
