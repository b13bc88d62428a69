import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parse } from 'yaml';
import { makeTarget } from '../support/targets.ts';
import { hostileTargets, runs } from './hostile.ts';
import { contentOf, oneAgent, render } from './render.ts';

const appdynamics = await oneAgent('appdynamics');

interface Job {
  version: number;
  enabled: boolean;
  source: { path: string; nameGlob: string; startAtEnd: boolean };
  fields: Record<string, string>;
}

test('text that looks like a number or a switch stays text, in both versions of YAML', () => {
  const strange = [
    '2021.05',
    '1.10',
    'on',
    'no',
    '1e3',
    '0x10',
    '0o7',
    '1_000',
    'null',
    '~',
    '12:30:45',
    '2021-01-01',
    '<<',
    '=',
  ];
  for (const version of ['1.1', '1.2'] as const) {
    for (const text of strange) {
      const { outputs } = render(appdynamics, [
        makeTarget({ labels: { application: text, version: text, release: text } }),
      ]);
      const job = parse(contentOf(outputs, '.job'), { version }) as Job;
      assert.equal(job.fields['application_id'], text);
      assert.equal(job.fields['application_version'], text);
      assert.equal(job.fields['application_release'], text);
      assert.deepEqual([job.version, job.enabled, job.source.startAtEnd], [2, true, false]);
    }
  }
});

test('what is missing is left out', () => {
  const { outputs } = render(
    appdynamics,
    [makeTarget()],
    {},
    { name: '', labels: {}, cluster: { id: '', alias: '', environment: '' } },
  );
  const { fields } = parse(contentOf(outputs, '.job')) as Job;
  assert.deepEqual(Object.keys(fields), [
    'sourceType',
    'LogFile',
    'container_name',
    'application_pod',
    'application_namespace',
  ]);
  assert.equal(fields['sourceType'], 'application-none');
});

test('fields are what the pod says, whatever it says', () => {
  fc.assert(
    fc.property(hostileTargets, (targets) => {
      const { outputs } = render(appdynamics, targets);
      for (const target of targets) {
        const { fields, source } = parse(contentOf(outputs, `container-${target.id}-jobfile.job`)) as Job;
        const labels = new Map(Object.entries(target.pod.labels));
        const expected = {
          application_id: target.application,
          application_version: target.version,
          application_release: target.release,
          application_pod: target.pod.name,
          application_namespace: target.pod.namespace,
          container_name: target.container.name,
          appName: labels.get('appdynamics_app') ?? '',
          tierName: labels.get('appdynamics_tier') ?? '',
        };
        for (const [name, value] of Object.entries(expected))
          assert.equal(fields[name] ?? '', value.toWellFormed(), name);
        assert.equal(`${source.path}/${source.nameGlob}`, target.log.path);
      }
    }),
    { numRuns: runs },
  );
});
