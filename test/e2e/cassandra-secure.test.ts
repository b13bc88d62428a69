import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { launch, watching } from '../support/program.ts';
import { makeCertificate } from '../support/tls.ts';
import { missing, startCluster } from './support/cassandra.ts';
import { until } from './support/until.ts';

test('B-21, B-22: Cassandra with TLS and a user', { skip: missing ?? false }, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'serve-secure-'));
  t.after(() => rm(directory, { recursive: true }));
  const made = await makeCertificate(directory);
  if (!made) return t.skip('there is no openssl');
  const { remove, port } = await startCluster(1, {
    authenticator: 'PasswordAuthenticator',
    authorizer: 'CassandraAuthorizer',
    client_encryption_options: {
      enabled: true,
      optional: false,
      ssl_context_factory: {
        class_name: 'org.apache.cassandra.security.PEMBasedSslContextFactory',
        parameters: { private_key: made.key + made.cert, trusted_certificates: made.cert },
      },
    },
  });
  t.after(remove);
  const file = async (name: string, text: string) => {
    await writeFile(join(directory, name), text);
    return join(directory, name);
  };
  const right = await file('right', 'cassandra\n');
  const wrong = await file('wrong', 'not the password\n');
  const ca = join(directory, 'cert.pem');
  const start = (password: string, ...more: string[]) => {
    const reached = [`--cassandra-port=${port}`, '--cassandra-tls', '--cassandra-user=cassandra'];
    const own = ['--bind-address=127.0.0.1', '--port=0', `--cassandra-password-file=${password}`];
    return watching(launch(['serve', ...reached, ...own, ...more, '127.0.0.1'], process.env));
  };
  const told = async (program: ReturnType<typeof start>) => {
    await until('the start', () => Promise.resolve(program.url !== ''));
    return (await fetch(`${program.url}/readyz`)).text();
  };
  const unknown = start(right);
  await until('the certificate to be refused', async () => /self.signed/.test(await told(unknown)));
  assert.equal((await unknown.stop()).code, 0);
  const refused = start(wrong, `--cassandra-ca-file=${ca}`);
  await until('the user to be refused', async () => /password/i.test(await told(refused)));
  const { stderr } = await refused.stop();
  assert.doesNotMatch(stderr, /not the password/);
  const program = start(right, `--cassandra-ca-file=${ca}`);
  await until('readiness', async () => /"healthy":true/.test(await told(program)));
  const kubernetes = { namespace_name: 'default', pod_name: 'web', container_name: 'web' };
  const body = JSON.stringify([{ time: '2018-05-03T12:04:57Z', log: 'hello', stream: 'stdout', kubernetes }]);
  assert.equal((await fetch(`${program.url}/write`, { method: 'POST', body })).status, 200);
  const of = 'namespace=default&pod_name=web&container_name=web&start_time=2018-01-01T00:00:00Z';
  assert.match(await program.text(`/query?${of}`), /"log": "hello"/);
  assert.equal((await program.stop()).code, 0);
});
