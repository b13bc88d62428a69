import { checkServerIdentity, type ConnectionOptions, type PeerCertificate } from 'node:tls';
import type { Client, ClientOptions, types } from 'cassandra-driver';
import type { Log } from '../../../system/log.ts';
import { persist } from './faults.ts';
import { prepareSchema, type SchemaSettings } from './schema.ts';

export interface ClientSettings extends SchemaSettings {
  hosts: readonly string[];
  port: number;
  /** The one that is asked first; by default that of the first host that answers. */
  datacenter?: string | undefined;
  /** As `LOCAL_QUORUM`: what a write needs to be acknowledged, and what a read asks. */
  consistency: { write: string; read: string };
  username?: string | undefined;
  password?: string | undefined;
  tls?: Tls | undefined;
  /** Milliseconds for which writes and reads are tried again, and for which an answer is waited for. */
  patience?: { write: number; read: number; answer: number };
}

const patient = { write: 10_000, read: 3000, answer: 12_000 };

/** Texts are PEM. */
export interface Tls {
  ca?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
  /** What the certificates of the nodes have to be for, if not for their addresses. */
  name?: string | undefined;
}

/** What everything uses together. */
export interface Session {
  client: Client;
  /** The consistency of writes. */
  write: types.consistencies;
  /** Milliseconds for which a write is tried again. */
  patience: number;
  /** Stands for a value that isn't given. */
  unset: unknown;
  /** One page of rows, with the consistency of reads. */
  ask(query: string, params: readonly unknown[], page: { size: number; state?: string | undefined }): Promise<Page>;
}

export interface Page {
  rows: types.Row[];
  /** Where the next page begins; undefined after the last one. */
  state: string | undefined;
}

/** Connects, makes what is absent unless told otherwise, and gives the one session that everything uses. */
export async function openSession(settings: ClientSettings, log: Log, prepare = prepareSchema): Promise<Session> {
  const { default: driver } = await import('cassandra-driver');
  const { policies, types } = driver;
  const { patience = patient } = settings;
  const options: ClientOptions = {
    contactPoints: [...settings.hosts],
    protocolOptions: { port: settings.port, maxVersion: 4 },
    socketOptions: { connectTimeout: 5000, readTimeout: patience.answer },
    encoding: { map: Map, useBigIntAsLong: true },
    ...(settings.username !== undefined && {
      authProvider: new driver.auth.PlainTextAuthProvider(settings.username, settings.password ?? ''),
    }),
    ...(settings.tls && { sslOptions: sslOptions(settings.tls) }),
  };
  const first = new driver.Client({
    ...options,
    policies: { loadBalancing: new policies.loadBalancing.RoundRobinPolicy() },
  });
  let datacenter: string;
  try {
    await first.connect();
    const { rows } = await first.execute('SELECT data_center FROM system.local');
    datacenter = settings.datacenter ?? String(rows[0]?.['data_center']);
    for (const statement of await prepare(first, settings)) log.info('cassandra was told', { statement });
  } finally {
    await first.shutdown();
  }
  const client = new driver.Client({
    ...options,
    localDataCenter: datacenter,
    keyspace: settings.keyspace,
    policies: { reconnection: new policies.reconnection.ExponentialReconnectionPolicy(250, 5000, false) },
  });
  client.on('log', (level: string, from: string, message: string) => {
    if (level === 'warning' || level === 'error') log.debug('the driver says', { from, said: message });
  });
  client.on('hostDown', ({ address }: { address: string }) => log.warn('a cassandra node is away', { address }));
  client.on('hostUp', ({ address }: { address: string }) => log.info('a cassandra node is back', { address }));
  // When all nodes were away, driver 4.10 makes its hosts anew and lets the old ones go on connecting for ever.
  client.on('hostRemove', (host: { shutdown(drain: boolean): Promise<void> }) => void host.shutdown(false));
  try {
    await client.connect();
  } catch (error) {
    await client.shutdown();
    throw error;
  }
  const [write, read] = [consistencyOf(settings.consistency.write), consistencyOf(settings.consistency.read)].map(
    (name) => types.consistencies[name],
  ) as [types.consistencies, types.consistencies];
  return {
    client,
    write,
    patience: patience.write,
    unset: types.unset,
    async ask(query, params, { size, state }) {
      const options = { prepare: true, isIdempotent: true, consistency: read, fetchSize: size };
      const work = () =>
        client.execute(query, [...params], { ...options, ...(state !== undefined && { pageState: state }) });
      const result = await persist(work, patience.read);
      return { rows: result.rows, state: result.pageState ?? undefined };
    },
  };
}

function sslOptions({ name, ...pem }: Tls): ConnectionOptions {
  const named = name !== undefined && {
    servername: name,
    checkServerIdentity: (_: string, certificate: PeerCertificate) => checkServerIdentity(name, certificate),
  };
  return { ...pem, ...named, rejectUnauthorized: true };
}

const consistencyOf = (name: string) =>
  name.toLowerCase().replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase()) as 'one';
