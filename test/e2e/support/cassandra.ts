import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from '../../support/port.ts';
import { until } from './until.ts';

const jars = join(import.meta.dirname, '../../../.cache/cassandra/jars');

/** Java 17, which is the newest that Cassandra 5.0 runs with; the one that is asked for by its name may be another. */
function findJava(): string | undefined {
  const homes = existsSync('/usr/lib/jvm') ? readdirSync('/usr/lib/jvm').map((name) => `/usr/lib/jvm/${name}`) : [];
  const all = [process.env['JAVA_HOME'] ?? '', ...homes].map((home) => (home === '' ? 'java' : join(home, 'bin/java')));
  return all.find((java) => / version "17\./.test(String(spawnSync(java, ['-version']).stderr)));
}

const java = existsSync(jars) ? findJava() : undefined;

/** Why there is no Cassandra here; undefined if there is one. */
export const missing = !existsSync(jars)
  ? 'test/e2e/support/cassandra.sh has not brought Cassandra'
  : java === undefined
    ? 'there is no Java 17'
    : undefined;

export interface Node {
  host: string;
  port: number;
  start(): Promise<void>;
  /** Ends it; SIGKILL leaves it no time for anything. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface Cluster {
  port: number;
  nodes: Node[];
  /** Ends what runs, and removes what they have kept. */
  remove(): Promise<void>;
}

// What Cassandra's own start script opens to it: conf/jvm17-server.options of 5.0.
const exported = words(`java.base/jdk.internal.misc java.base/java.lang.ref java.base/sun.nio.ch java.sql/java.sql
  java.management.rmi/com.sun.jmx.remote.internal.rmi java.rmi/sun.rmi.registry java.rmi/sun.rmi.server
  jdk.unsupported/sun.misc jdk.attach/sun.tools.attach jdk.compiler/com.sun.tools.javac.file`);
const opened = words(`java.io java.lang java.lang.module java.lang.reflect java.net java.nio java.nio.charset java.util
  jdk.internal.loader jdk.internal.math jdk.internal.module jdk.internal.ref jdk.internal.reflect
  jdk.internal.util.jar sun.nio.ch`)
  .map((name) => `java.base/${name}`)
  .concat('jdk.management/com.sun.management.internal', 'jdk.compiler/com.sun.tools.javac');

function words(text: string): string[] {
  return text.split(/\s+/);
}

/** Nodes at 127.0.0.1 and its neighbours, started one after the other, that share a port. */
export async function startCluster(count: number, more: Readonly<Record<string, unknown>> = {}): Promise<Cluster> {
  const directory = await mkdtemp(join(tmpdir(), 'cassandra-'));
  const [port, storagePort] = [await freePort(), await freePort()];
  const nodes: Node[] = [];
  for (let index = 0; index < count; index += 1) {
    const host = `127.0.0.${index + 1}`;
    const home = join(directory, host);
    await mkdir(home);
    nodes.push(createNode(home, host, { port, storagePort, index, count, more }));
  }
  const remove = async () => {
    await Promise.all(nodes.map((node) => node.stop('SIGKILL')));
    await rm(directory, { recursive: true, force: true });
  };
  try {
    for (const node of nodes) await node.start();
  } catch (error) {
    await remove();
    throw error;
  }
  return { port, nodes, remove };
}

interface Place {
  port: number;
  storagePort: number;
  index: number;
  count: number;
  more: Readonly<Record<string, unknown>>;
}

function createNode(home: string, host: string, { port, storagePort, index, count, more }: Place): Node {
  let child: ChildProcess | undefined;
  const out = join(home, 'out.log');
  const token = (BigInt(index) * 2n ** 64n) / BigInt(count) - 2n ** 63n;
  const settings = {
    cluster_name: 'test',
    partitioner: 'org.apache.cassandra.dht.Murmur3Partitioner',
    num_tokens: 1,
    initial_token: String(token),
    auto_bootstrap: false,
    commitlog_sync: 'periodic',
    commitlog_sync_period: '1000ms',
    commitlog_segment_size: '8MiB',
    commitlog_disk_access_mode: 'legacy',
    memtable_heap_space: '64MiB',
    memtable_offheap_space: '64MiB',
    key_cache_size: '8MiB',
    file_cache_size: '32MiB',
    seed_provider: [
      { class_name: 'org.apache.cassandra.locator.SimpleSeedProvider', parameters: [{ seeds: '127.0.0.1' }] },
    ],
    listen_address: host,
    rpc_address: host,
    storage_port: storagePort,
    native_transport_port: port,
    endpoint_snitch: 'SimpleSnitch',
    concurrent_reads: 8,
    concurrent_writes: 8,
    write_request_timeout: '10s',
    read_request_timeout: '10s',
    ...more,
  };
  return {
    host,
    port,
    async start() {
      await writeFile(join(home, 'cassandra.yaml'), stringify(settings));
      const log = join(home, 'logback.xml');
      await writeFile(
        log,
        `<configuration><appender name="out" class="ch.qos.logback.core.ConsoleAppender"><encoder><pattern>%level %date %msg%n</pattern></encoder></appender><root level="INFO"><appender-ref ref="out"/></root></configuration>`,
      );
      const jamm = (await readdir(jars)).find((name) => name.startsWith('jamm-')) ?? '';
      const all = 'ALL-UNNAMED';
      child = spawn(
        java ?? 'java',
        [
          ...exported.map((name) => `--add-exports=${name}=${all}`),
          ...opened.map((name) => `--add-opens=${name}=${all}`),
          ...words('-Xms256m -Xmx512m -Xss512k -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData'),
          '-Djdk.attach.allowAttachSelf=true',
          '-Dio.netty.tryReflectionSetAccessible=true',
          `-javaagent:${join(jars, jamm)}`,
          `-Dlogback.configurationFile=${log}`,
          `-Dcassandra.config=file://${join(home, 'cassandra.yaml')}`,
          `-Dcassandra.storagedir=${home}`,
          `-Dcassandra.jmx.local.port=0`,
          '-Dcassandra.skip_wait_for_gossip_to_settle=0',
          // Twice as long a node that joins waits for the others, which on a busy machine may take more than a moment.
          `-Dcassandra.ring_delay_ms=${count === 1 ? 1000 : 10_000}`,
          '-Dcassandra.superuser_setup_delay_ms=0',
          '-Dcassandra-foreground=yes',
          '-cp',
          join(jars, '*'),
          'org.apache.cassandra.service.CassandraDaemon',
        ],
        { stdio: ['ignore', 'pipe', 'pipe'] },
      );
      const running = child;
      for (const stream of [running.stdout, running.stderr])
        stream?.on('data', (part: Buffer) => void appendFile(out, new Uint8Array(part)));
      const patience = Number(process.env['CASSANDRA_PATIENCE'] ?? 300);
      await until(
        `Cassandra at ${host}`,
        async () => {
          if (running.exitCode !== null || running.signalCode !== null)
            throw new Error(`Cassandra has ended:\n${(await readFile(out, 'utf8')).slice(-4000)}`);
          return answers(host, port);
        },
        patience,
      );
    },
    async stop(signal = 'SIGTERM') {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
  };
}

const answers = (host: string, port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
