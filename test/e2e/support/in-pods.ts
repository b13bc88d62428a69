import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './helm.ts';
import type { Part, Programs } from './programs.ts';
import { readFluentd, readLoki, readOtlp, readRsyslog, readScalyr, receiveHttp, receiveTcp } from './received.ts';
import type { Receiver } from './received.ts';

/** A shipper that stands in manifests/NAME. */
export interface Shipper {
  name: string;
  /** Its container. */
  container: string;
  /** What its image is made of here; a text says why it can't be. */
  programs(): Programs | string;
  receive(): Promise<Receiver>;
  /** Its configuration with the receiver's address in place of the manifest's. */
  text?(text: string, address: string): string;
  /** Variables by container, for those that take the address so. */
  env?(address: string): Record<string, Record<string, string>>;
  /** What the attributes of a pod's lines are called. */
  names: { pod: string; namespace: string; application: string; container: string };
  /** Whether each line arrives once, also while it is told to reload. */
  once: boolean;
}

const plain = { pod: 'pod', namespace: 'namespace', application: 'application', container: 'container' };
const succeeds = (command: string, args: readonly string[]) => spawnSync(command, args).status === 0;
const pathOf = (command: string) =>
  spawnSync('sh', ['-c', 'command -v "$0"', command], { encoding: 'utf8' }).stdout.trim();

/** Puts something else in the place of what has to be there. */
function put(text: string, what: string | RegExp, instead: string): string {
  if (text.search(what) < 0) throw new Error(`there is no ${String(what)} in\n${text}`);
  return text.replace(what, () => instead);
}

const fluentBit = process.env['E2E_FLUENT_BIT'] ?? 'fluent-bit';
const collector = join(root, '.cache/otelcol/otelcol');
const modules = '/usr/lib/x86_64-linux-gnu/rsyslog';
const python = process.env['E2E_PYTHON'] ?? join(root, '.cache/python/bin/python');

export const shippers: readonly Shipper[] = [
  {
    name: 'rsyslog',
    container: 'rsyslog',
    programs() {
      if (!succeeds('rsyslogd', ['-v']) || !existsSync(modules)) return 'there is no rsyslog: apt-get install rsyslog';
      const from = pathOf('rsyslogd');
      return { parts: [{ from }, { from: modules }], entrypoint: ['rsyslogd', '-n'] };
    },
    receive: () => receiveTcp(readRsyslog),
    text: (text, address) => {
      const [host, port] = address.split(':');
      return put(text, 'target="logs.logging.svc" port="5170"', `target="${host}" port="${port}"`);
    },
    names: plain,
    once: true,
  },
  {
    name: 'otel-collector',
    container: 'otelcol',
    programs() {
      if (!existsSync(collector)) return 'test/e2e/support/otelcol.sh has not built the collector';
      return { parts: [{ from: collector, to: '/otelcol-contrib' }], entrypoint: ['/otelcol-contrib'] };
    },
    receive: () => receiveHttp(readOtlp, '{}'),
    // The receiver here reads JSON.
    text: (text, address) =>
      put(text, 'endpoint: http://logs.logging.svc:4318', `endpoint: http://${address}\n    encoding: json`),
    names: {
      pod: 'k8s.pod.name',
      namespace: 'k8s.namespace.name',
      application: 'service.name',
      container: 'k8s.container.name',
    },
    once: true,
  },
  {
    name: 'fluent-bit',
    container: 'fluent-bit',
    programs() {
      if (!succeeds(fluentBit, ['--version'])) return 'there is no Fluent Bit: name it by E2E_FLUENT_BIT';
      const to = '/fluent-bit/bin/fluent-bit';
      return { parts: [{ from: pathOf(fluentBit), to }], entrypoint: [to] };
    },
    receive: () => receiveHttp(readLoki, ''),
    text: (text, address) => {
      const [host = '', port] = address.split(':');
      return put(put(text, 'host: loki.logging.svc', `host: ${host}`), 'port: 3100', `port: ${port}`);
    },
    names: plain,
    once: true,
  },
  {
    name: 'fluentd',
    container: 'fluentd',
    programs: () =>
      'there is no image of Fluentd: E2E_IMAGES is a directory with fluentd.tar, as `docker save` makes it',
    receive: () => receiveHttp(readFluentd, ''),
    // Its own protocol is not JSON.
    text: (text, address) =>
      put(
        put(text, '@type forward', '@type http'),
        / *<server>[^]*<\/server>/,
        `    endpoint http://${address}/\n    <format>\n      @type json\n    </format>`,
      ),
    names: plain,
    once: true,
  },
  {
    name: 'scalyr',
    container: 'scalyr-agent',
    programs: scalyr,
    receive: () => receiveHttp(readScalyr, '{"status":"success"}'),
    env: (address) => ({
      'kube-log-watcher': { WATCHER_SCALYR_SERVER: `http://${address}` },
      'scalyr-agent': { SCALYR_ALLOW_HTTP: 'true' },
    }),
    names: plain,
    // What it has not checkpointed is sent again when its configuration has changed.
    once: false,
  },
];

/** The Scalyr agent out of Python's own package, laid out as in its image. */
function scalyr(): Programs | string {
  const ask = `import os, sys, sysconfig, scalyr_agent
print(os.path.realpath(sys.executable), sysconfig.get_path("stdlib"), os.path.dirname(scalyr_agent.__file__))`;
  const { status, stdout } = spawnSync(python, ['-c', ask], { encoding: 'utf8' });
  if (status !== 0) return 'there is no scalyr-agent-2: E2E_PYTHON is an interpreter that has it';
  const [program = '', library = '', agent = ''] = stdout.trim().split(' ');
  const parts: Part[] = [
    { from: program },
    { from: library, without: ['site-packages', 'test', '__pycache__', 'idlelib', 'tkinter'] },
    { from: agent, to: '/usr/share/scalyr-agent-2/py/scalyr_agent', without: ['__pycache__'] },
  ];
  const main = '/usr/share/scalyr-agent-2/py/scalyr_agent/agent_main.py';
  return {
    parts,
    texts: {
      // By this it takes itself for installed, and its files to be where a package has them.
      '/usr/share/scalyr-agent-2/py/scalyr_agent/install_info.json': '{"install_type":"package"}',
      // It wants to see authorities, also where it has no use for them.
      '/usr/share/scalyr-agent-2/certs/ca_certs.crt': '',
      '/usr/share/scalyr-agent-2/certs/intermediate_certs.pem': '',
    },
    env: { PYTHONPATH: '/usr/share/scalyr-agent-2/py', PYTHONDONTWRITEBYTECODE: '1', PYTHONUNBUFFERED: '1' },
    entrypoint: [program, main, '--no-fork', '--no-change-user', 'start'],
  };
}
