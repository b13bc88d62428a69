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
}

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

/** Milliseconds for which a read is tried again. */
const patience = 3000;

/** Connects, makes what is absent, and gives the one session that everything uses. */
export async function openSession(settings: ClientSettings, log: Log): Promise<Session> {
  const { default: driver } = await import('cassandra-driver');
  const { policies, types } = driver;
  const options: ClientOptions = {
    contactPoints: [...settings.hosts],
    protocolOptions: { port: settings.port },
    socketOptions: { connectTimeout: 5000, readTimeout: 12_000 },
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
    for (const statement of await prepareSchema(first, settings)) log.info('cassandra was told', { statement });
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
    unset: types.unset,
    async ask(query, params, { size, state }) {
      const options = { prepare: true, isIdempotent: true, consistency: read, fetchSize: size };
      const work = () =>
        client.execute(query, [...params], { ...options, ...(state !== undefined && { pageState: state }) });
      const result = await persist(work, patience);
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
