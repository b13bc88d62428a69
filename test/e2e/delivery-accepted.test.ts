// What the chart and the plain manifests give, before a real API server: it checks every field and makes nothing.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { objectsIn, type Thing } from '../delivery/objects.ts';
import { helm, root, template } from './support/helm.ts';
import { openTestbed, skip, type Testbed } from './support/testbed.ts';
import { matrix } from './support/values.ts';

const manifests = join(root, 'manifests');
const kustomizations = readdirSync(manifests).filter((name) => existsSync(join(manifests, name, 'kustomization.yaml')));

describe('a real API server', { skip }, () => {
  const namespace = `e2e-${randomBytes(4).toString('hex')}`;
  let testbed: Testbed;

  before(async () => {
    testbed = await openTestbed();
    await testbed.kubectl(['create', 'namespace', namespace]);
  });
  after(async () => {
    await testbed.kubectl(['delete', 'namespace', namespace, '--wait=false']);
    await testbed.close();
  });

  const accepts = async (things: readonly Thing[]) => {
    // The operators' kinds are not in every cluster, and CronJob is in batch/v1 since Kubernetes 1.21.
    const known = things.filter(({ apiVersion }) => !apiVersion.startsWith('monitoring.coreos.com/'));
    const isOld = !(await testbed.kubectl(['get', '--raw', '/apis/batch/v1'])).includes('"CronJob"');
    const items = known.map((thing) => ({
      ...thing,
      ...(isOld && thing.kind === 'CronJob' && { apiVersion: 'batch/v1beta1' }),
      metadata: { ...thing.metadata, namespace },
    }));
    const list = { apiVersion: 'v1', kind: 'List', items };
    const args = ['apply', '--server-side', '--force-conflicts', '--dry-run=server', '--validate=strict', '-f', '-'];
    const told = await testbed.kubectl([...args, '-o', 'name'], list);
    assert.equal(told.split('\n').filter(Boolean).length, items.length);
  };

  for (const [title, values] of Object.entries(matrix))
    it(`takes the chart with ${title}`, { skip: helm === undefined && 'there is no helm' }, async () => {
      await accepts(objectsIn(await template(values)));
    });

  for (const name of kustomizations)
    it(`takes manifests/${name}`, async () => {
      await accepts(objectsIn(await testbed.kubectl(['kustomize', join(manifests, name)])));
    });
});
