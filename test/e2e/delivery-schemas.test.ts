// What the chart and the plain manifests give, by what an old and a new version of Kubernetes say of their objects.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { helm, root, template } from './support/helm.ts';
import { writeSchemas } from './support/schemas.ts';
import { matrix } from './support/values.ts';

const kubeconform = join(root, '.cache/bin/kubeconform');
const versions = ['v1.25.0', 'v1.34.0'];
const swagger = (version: string) => join(root, '.cache/kubernetes', `${version}.json`);
const skip = ![kubeconform, ...versions.map(swagger)].every(existsSync) && 'test/e2e/support/checkers.sh brings it';
const withoutHelm = helm === undefined && 'there is no helm';
const withoutKubectl = spawnSync('kubectl', ['version', '--client']).status !== 0 && 'there is no kubectl';

const manifests = join(root, 'manifests');
const kustomizations = readdirSync(manifests).filter((name) => existsSync(join(manifests, name, 'kustomization.yaml')));

describe('Kubernetes', { skip }, () => {
  let place: string;
  before(async () => {
    place = await mkdtemp(join(tmpdir(), 'klw-schemas-'));
    for (const version of versions) await writeSchemas(readFileSync(swagger(version), 'utf8'), join(place, version));
  });
  after(() => rm(place, { recursive: true }));

  /** What kubeconform has against it; empty for nothing. */
  const problems = (text: string, version: string): string => {
    const where = join(place, version, '{{ .ResourceKind }}{{ .KindSuffix }}.json');
    const args = ['-strict', '-skip', 'PodMonitor,PrometheusRule', '-schema-location', where];
    const { status, stdout, stderr } = spawnSync(kubeconform, args, { input: text, encoding: 'utf8' });
    assert.equal(status === 0, stdout + stderr === '', stdout + stderr);
    return stdout + stderr;
  };

  for (const version of versions) {
    for (const [title, values] of Object.entries(matrix))
      it(`${version} knows every field of the chart with ${title}`, { skip: withoutHelm }, async () => {
        assert.equal(problems(await template(values), version), '');
      });
    for (const name of kustomizations)
      it(`${version} knows every field of manifests/${name}`, { skip: withoutKubectl }, () => {
        const built = spawnSync('kubectl', ['kustomize', join(manifests, name)], { encoding: 'utf8' });
        assert.equal(built.status, 0, built.stderr);
        assert.equal(problems(built.stdout, version), '');
      });
    it(`${version} tells of a field that is not known, of a wrong type, and of a kind`, () => {
      const pod = (spec: object) => JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' }, spec });
      const container = { name: 'a', image: 'b', resources: { limits: { cpu: 1, memory: '1Gi' } } };
      assert.equal(problems(pod({ containers: [container] }), version), '');
      assert.match(problems(pod({ containers: [{ ...container, imagePolicy: 'x' }] }), version), /imagePolicy/);
      assert.match(problems(pod({ containers: {} }), version), /array/);
      assert.match(
        problems('{"apiVersion":"v1","kind":"Pot","metadata":{"name":"x"}}', version),
        /could not find schema/,
      );
    });
  }
});
