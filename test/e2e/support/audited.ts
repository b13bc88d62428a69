import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Testbed } from './testbed.ts';
import { until } from './until.ts';

/** A second API server of the same cluster, which writes down what it is asked, and may be ended without harm to others. */
export interface Audited {
  host: string;
  port: number;
  start(): Promise<void>;
  kill(): Promise<void>;
  /** What a user has asked for, each once: `list pods`. */
  askedBy(user: string): Promise<string[]>;
}

interface Event {
  user: { username: string };
  verb: string;
  objectRef?: { resource: string; subresource?: string };
}

/** `directory` is for its log; nothing runs before `start`. */
export async function createAudited(testbed: Testbed, directory: string): Promise<Audited> {
  const host = '10.251.0.1';
  const port = 6444;
  const log = join(directory, 'audit.log');
  const policy = join(directory, 'policy.yaml');
  const rules = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules: [{ level: 'Metadata' }] };
  await writeFile(policy, JSON.stringify(rules));
  const found = await testbed.run('cp', ['pgrep', '-o', '-x', 'kube-apiserver']);
  const { stdout } = await testbed.run('cp', ['cat', `/proc/${found.stdout.trim()}/cmdline`]);
  const [program = '', ...flags] = stdout.split('\0').filter(Boolean);
  const kept = flags.filter((flag) => !/^--(secure-port|endpoint-reconciler-type)=/.test(flag));
  const args = [
    program,
    ...kept,
    `--secure-port=${port}`,
    // The service of Kubernetes goes on to lead to the first one.
    '--endpoint-reconciler-type=none',
    `--audit-policy-file=${policy}`,
    `--audit-log-path=${log}`,
  ];
  let child: ChildProcess | undefined;
  return {
    host,
    port,
    async start() {
      child = testbed.start('cp', args, process.env);
      child.stderr?.resume();
      await until('the second API server', async () => {
        const { code } = await testbed.run('cp', ['curl', '-skf', `https://127.0.0.1:${port}/livez`]);
        return code === 0;
      });
    },
    async kill() {
      if (!child || child.exitCode !== null) return;
      const ended = once(child, 'close');
      const { stdout: own } = await testbed.run('cp', ['pgrep', '-f', `kube-apiserver.*secure-port=${port}`]);
      for (const pid of own.split('\n').filter(Boolean)) await testbed.run('cp', ['kill', '-KILL', pid]);
      await ended;
      child = undefined;
    },
    async askedBy(user) {
      const lines = (await readFile(log, 'utf8')).split('\n').filter((line) => line.endsWith('}'));
      const events = lines.map((line) => JSON.parse(line) as Event).filter((event) => event.user.username === user);
      const asked = events.map(({ verb, objectRef }) => {
        const { resource = '', subresource } = objectRef ?? {};
        return `${verb} ${subresource ? `${resource}/${subresource}` : resource}`;
      });
      return [...new Set(asked)].toSorted();
    },
  };
}
