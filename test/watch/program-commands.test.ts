import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { until } from '../support/program.ts';
import { tree } from '../support/tree.ts';
import { canary, createWorld } from '../support/world.ts';

const main = join(import.meta.dirname, '../../src/main.ts');

describe('the commands of the program', { concurrency: true }, () => {
  it('isolates an agent that always throws, names it everywhere, and lets no secret out', async (t) => {
    const world = await createWorld(t, { agents: ['loki', 'scalyr', 'broken'] });
    const agents = join(world.root, 'agents');
    await mkdir(agents);
    await writeFile(
      join(agents, 'broken.ts'),
      `export default { name: 'broken', summary: 'Throws.', options: {
       'dest-path': { type: 'directory', required: true, describe: 'Where' },
       'key-file': { type: 'secret', required: true, describe: 'Key' } },
     render({ options }) { throw new Error('no luck with ' + options['key-file']); } };`,
    );
    await mkdir(join(world.root, 'broken'));
    await world.pod('shop');
    await world.pod('bare', { labels: { tier: 'x' } });
    const env = {
      WATCHER_AGENTS_PATH: agents,
      WATCHER_BROKEN_DEST_PATH: join(world.root, 'broken'),
      WATCHER_BROKEN_KEY_FILE: world.keyFile,
      WATCHER_EXCLUDE_LABELS: 'tier',
      WATCHER_LOG_LEVEL: 'debug',
    };
    const explain = (url: string, ...of: string[]) => world.run(['explain', ...of, '--url', url], env);
    const program = await world.start(env);
    await until('the failure', async () =>
      /no luck/.test((await program.readyz()).checks['agent broken']?.detail ?? ''),
    );
    await until('the others', async () => {
      const { checks } = await program.readyz();
      return checks['agent loki']?.ok === true && checks['agent scalyr']?.ok === true;
    });
    assert.deepEqual(await world.shipped(), ['shop']);
    assert.equal(Object.keys(await tree(world.places['loki'] ?? '')).length, 1);
    const { ok, checks } = await program.readyz();
    assert.deepEqual([ok, checks['agent loki']?.ok, checks['agent scalyr']?.ok], [false, true, true]);
    assert.equal(await program.metric('logwatch_agent_applied{agent="broken"}'), 0);
    assert.equal(await program.metric('logwatch_agent_applied{agent="loki"}'), 1);
    const stranger = await world.pod('stranger', { api: false });
    await until('the stranger', async () => (await program.text('/targets')).includes('pod-unknown'));
    const questions = ['default/shop/main', 'bare', stranger.container.id, 'nobody'];
    const answers = await Promise.all(questions.map((of) => explain(program.url, of)));
    assert.deepEqual(
      answers.map(({ code }) => code),
      [5, 3, 4, 6],
    );
    const [failing] = answers;
    assert.match(failing?.stdout ?? '', /broken: (failing|quarantined)[^]*no luck/);
    assert.match(failing?.stdout ?? '', /loki: applied/);

    await program.passes(3);
    const pages = ['/readyz', '/livez', '/targets', '/explain?of=', '/metrics'].map((path) => program.text(path));
    const pod = join(world.root, 'pods.json');
    await writeFile(pod, JSON.stringify({ kind: 'PodList', items: [stranger.pod] }));
    const printed = [await world.run(['render', '--pods', pod], env), ...answers, await program.stop()];
    const texts = [...(await Promise.all(pages)), ...printed.flatMap(({ stdout, stderr }) => [stdout, stderr])];
    for (const text of texts) assert.ok(!text.includes(canary), text);
    assert.equal(printed[0]?.code, 1);
    assert.match(printed[0]?.stderr ?? '', /broken: failed: no luck/);
    assert.match(printed[0]?.stdout ?? '', /"api_key": "\*\*\*"/);
    assert.equal((await stat(world.agentJson)).mode & 0o777, 0o600);
    const told = (text: string) => program.lines.filter(({ message }) => message.startsWith(text)).length;
    assert.equal(told('container kept'), 1, 'a decision is logged once');
    assert.equal(told('container dropped'), 1);
    assert.ok(told('agent failed') + told('target quarantined') <= 2, 'a failure is logged once');

    const alone = await world.start({ ...env, WATCHER_AGENTS: 'loki' });
    await until('a ready watcher', async () => (await alone.readyz()).ok);
    const codes = [explain(alone.url, 'shop'), explain('http://127.0.0.1:9', 'shop')];
    assert.deepEqual(
      (await Promise.all(codes)).map(({ code }) => code),
      [0, 1],
    );
  });

  it('does one pass with --once, and tells by its exit code whether all was applied', async (t) => {
    const world = await createWorld(t, { agents: ['loki'] });
    await world.pod('shop');
    assert.equal((await world.run(['watch', '--once'])).code, 0);
    assert.equal(Object.keys(await tree(world.places['loki'] ?? '')).length, 1);
    await rm(world.node.pods, { recursive: true });
    assert.equal((await world.run(['--once'])).code, 1);
    assert.equal(Object.keys(await tree(world.places['loki'] ?? '')).length, 1);
  });

  it('tells all that is wrong in the configuration at once, with exit code 2', async (t) => {
    const world = await createWorld(t);
    const { code, stderr } = await world.run(['--log-level', 'loud', '--interval=soon', '--nonsense'], {
      WATCHER_SCALYR_DEST_PATH: undefined,
      WATCHER_AGENTS: 'scalyr,lokki',
    });
    assert.equal(code, 2);
    for (const word of [/log-level/, /interval/, /nonsense/, /WATCHER_SCALYR_DEST_PATH/, /lokki/])
      assert.match(stderr, word);
    assert.ok(!stderr.includes(canary));
  });

  it('renders what the watcher writes, without network', async (t) => {
    const world = await createWorld(t);
    const labels = { application: '"\ud800\n${X} 😀', note: 'x'.repeat(65_536) };
    const pods = [(await world.pod('shop', { labels, runtime: 'docker' })).pod, (await world.pod('cart')).pod];
    const program = await world.startReady({ WATCHER_LOKI_LABELS: '*' });
    await program.stop();
    const asked = world.api.requests.length;
    const file = join(world.root, 'pods.json');
    const out = join(world.root, 'out');
    await writeFile(file, JSON.stringify({ kind: 'PodList', items: pods }));
    const env = { ...world.env, WATCHER_LOKI_LABELS: '*' };
    const render = (...args: string[]) => {
      const command = [process.execPath, main, 'render', '--pods', file, ...args];
      const [first = '', ...rest] = denied() ? ['unshare', '-n', ...command] : command;
      return spawnSync(first, rest, { env, encoding: 'utf8' });
    };
    assert.equal(render('--out', out).status, 0);
    assert.deepEqual(await tree(join(out, world.shipper)), await world.tree(false));
    const equal = render('--diff', '/');
    assert.deepEqual([equal.status, equal.stdout], [0, '']);
    const links = world.places['symlinker'] ?? '';
    await rm(links, { recursive: true });
    await writeFile(world.agentJson, '{}');
    const differs = render('--diff', '/');
    assert.equal(differs.status, 1);
    assert.match(differs.stdout, new RegExp(`differs ${world.agentJson}`));
    assert.match(differs.stdout, new RegExp(`missing ${links}/`));
    assert.equal(world.api.requests.length, asked);
  });
});

function denied(): boolean {
  try {
    execFileSync('unshare', ['-n', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
