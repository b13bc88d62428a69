import { randomBytes } from 'node:crypto';
import { appendFile, mkdir, readFile, readdir, rename, rm, rmdir, symlink, unlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** What a made-up container is; all but the pod's name and the container's can be left out. */
export interface MadeContainer {
  runtime: 'docker' | 'cri';
  pod: { namespace: string; name: string; uid: string };
  name: string;
  id: string;
  restart: number;
  image: string;
  sandbox: boolean;
  /** The file that lines are written to. */
  log: string;
}

type Wanted = Pick<MadeContainer, 'pod' | 'name'> & Partial<MadeContainer>;

export interface MadeNode {
  /** Docker's directory of containers. */
  containers: string;
  /** The kubelet's directories. */
  pods: string;
  links: string;
  /** Makes a container's files in the order in which the runtimes and the kubelet do. */
  start(container: Wanted): Promise<MadeContainer>;
  write(container: MadeContainer, lines: readonly string[]): Promise<void>;
  /** The log is renamed and begun anew: Docker counts up, the kubelet adds the time and compresses the one before. */
  rotate(container: MadeContainer): Promise<void>;
  /** Removes the container's files, and what of its pod is empty then; without `link` the link stays and dangles. */
  remove(container: MadeContainer, options?: { link?: boolean }): Promise<void>;
}

/** A node on disk: `var/lib/docker/containers`, `var/log/pods` and `var/log/containers` below a directory. */
export async function createNode(root: string, { links = true } = {}): Promise<MadeNode> {
  const node = {
    containers: join(root, 'var/lib/docker/containers'),
    pods: join(root, 'var/log/pods'),
    links: join(root, 'var/log/containers'),
  };
  await mkdir(node.containers, { recursive: true });
  await mkdir(node.pods, { recursive: true });
  if (links) await mkdir(node.links, { recursive: true });

  const podLog = ({ pod, name, restart }: MadeContainer) =>
    join(node.pods, `${pod.namespace}_${pod.name}_${pod.uid}`, name, `${restart}.log`);
  const linkOf = ({ pod, name, id }: MadeContainer) =>
    join(node.links, `${`${pod.name}_${pod.namespace}_${name}-${id}`.slice(0, 251)}.log`);

  return {
    ...node,
    async start(wanted) {
      const id = wanted.id ?? randomBytes(32).toString('hex');
      const container = {
        runtime: 'cri',
        restart: 0,
        image: 'registry.example/shop:1.2',
        sandbox: false,
        log: '',
        ...wanted,
        id,
      } as const;
      const log = container.runtime === 'docker' ? join(node.containers, id, `${id}-json.log`) : podLog(container);
      const made: MadeContainer = { ...container, log };
      if (made.runtime === 'docker') {
        const directory = join(node.containers, id);
        await mkdir(join(directory, 'checkpoints'), { recursive: true });
        await writeFile(join(directory, '.tmp-config.v2.json'), JSON.stringify(dockerConfig(made, node.containers)));
        await rename(join(directory, '.tmp-config.v2.json'), join(directory, 'config.v2.json'));
        await writeFile(
          join(directory, 'hostconfig.json'),
          JSON.stringify({ LogConfig: { Type: 'json-file', Config: { 'max-size': '10m' } } }),
        );
        if (!made.sandbox) await writeFile(log, '');
      }
      if (made.sandbox) return made;
      const podPath = podLog(made);
      await mkdir(join(podPath, '..'), { recursive: true });
      if (made.runtime === 'docker') await symlink(log, podPath);
      else await writeFile(podPath, '');
      if (links) await symlink(podPath, linkOf(made));
      return made;
    },
    async write(container, lines) {
      const time = new Date().toISOString();
      const line = (text: string) =>
        container.runtime === 'docker'
          ? `${JSON.stringify({ log: `${text}\n`, stream: 'stdout', time })}\n`
          : `${time} stdout F ${text}\n`;
      await appendFile(container.log, lines.map(line).join(''));
    },
    async rotate({ log, runtime }) {
      const aside = (await readdir(dirname(log))).filter((name) => name.startsWith(`${basename(log)}.`));
      if (runtime === 'docker') {
        for (let count = aside.length; count > 0; count--) await rename(`${log}.${count}`, `${log}.${count + 1}`);
        await rename(log, `${log}.1`);
      } else {
        for (const path of aside.filter((name) => !name.endsWith('.gz')).map((name) => join(dirname(log), name))) {
          await writeFile(`${path}.tmp`, gzipSync(await readFile(path)));
          await rename(`${path}.tmp`, `${path}.gz`);
          await unlink(path);
        }
        await rename(log, `${log}.20260102-0304${String(aside.length).padStart(2, '0')}`);
      }
      await writeFile(log, '');
    },
    async remove(container, { link = true } = {}) {
      if (links && link) await rm(linkOf(container), { force: true });
      const { id, runtime, restart, sandbox } = container;
      if (runtime === 'docker') await rm(join(node.containers, id), { recursive: true, force: true });
      if (sandbox) return;
      const directory = dirname(podLog(container));
      for (const name of await readdir(directory))
        if (name.startsWith(`${restart}.log`)) await unlink(join(directory, name));
      for (const path of [directory, dirname(directory)]) await rmdir(path).catch(unlessFull);
    },
  };
}

function unlessFull(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOTEMPTY') throw error;
}

/** Some of what Docker 20.10 writes, with all that is read. */
export function dockerConfig({ pod, name, id, restart, image, sandbox }: MadeContainer, root: string) {
  const labels = {
    'annotation.io.kubernetes.container.hash': 'c2f9f5c4',
    'annotation.io.kubernetes.container.restartCount': String(restart),
    'annotation.io.kubernetes.pod.terminationGracePeriod': '30',
    'io.kubernetes.container.logpath': `/var/log/pods/${pod.namespace}_${pod.name}_${pod.uid}/${name}/${restart}.log`,
    'io.kubernetes.container.name': sandbox ? 'POD' : name,
    'io.kubernetes.docker.type': sandbox ? 'podsandbox' : 'container',
    'io.kubernetes.pod.name': pod.name,
    'io.kubernetes.pod.namespace': pod.namespace,
    'io.kubernetes.pod.uid': pod.uid,
  };
  return {
    State: { Running: true, Pid: 4242, StartedAt: '2026-01-02T03:04:05.678901234Z' },
    ID: id,
    Created: '2026-01-02T03:04:05.123456789Z',
    Path: '/bin/sh',
    Args: ['-c', 'exec shop'],
    Config: { Hostname: pod.name, Env: ['PATH=/usr/bin', 'PASSWORD=not-for-logs'], Image: image, Labels: labels },
    Image: `sha256:${'ab'.repeat(32)}`,
    LogPath: `${root}/${id}/${id}-json.log`,
    Name: `/k8s_${name}_${pod.name}_${pod.namespace}_${pod.uid}_${restart}`,
    Driver: 'overlay2',
    RestartCount: 0,
  };
}
