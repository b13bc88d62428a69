import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseDocument } from 'yaml';
import type { Output } from '../../src/agent/agent.ts';
import type { LoadedAgent } from '../../src/agent/load.ts';
import { checkOutputs } from '../../src/agent/outputs.ts';
import { makeTarget, makeTargets } from '../support/targets.ts';
import { hostileTargets, runs } from './hostile.ts';
import { render } from './render.ts';

/** The suite that every agent has to pass, ours or an outsider's, with each of the given options. */
export function contract(loaded: LoadedAgent, variants: readonly Readonly<Record<string, unknown>>[] = [{}]): void {
  const { agent } = loaded;
  for (const options of variants) {
    const title = (what: string) => `${agent.name} ${JSON.stringify(options)}: ${what}`;
    const outputsOf = (targets: Parameters<typeof render>[1]) => render(loaded, targets, options).outputs;

    test(title('makes the same of the same targets, in whatever order'), () => {
      const targets = makeTargets(20);
      const before = structuredClone(targets);
      const first = sorted(outputsOf(targets));
      assert.deepEqual(sorted(outputsOf(targets)), first);
      assert.deepEqual(targets, before, 'the input is left alone');
      const shuffled = outputsOf(targets.toReversed());
      assert.deepEqual(sorted(shuffled).map(place), first.map(place));
      assert.deepEqual(sorted(outputsOf(targets.toReversed().sort(byId))), sorted(outputsOf(targets.toSorted(byId))));
    });

    test(title('does not depend on the order of labels'), () => {
      const labels = { zone: 'a', application: 'shop', 'app.kubernetes.io/name': 'x', version: 'v1' };
      const turned = Object.fromEntries(Object.entries(labels).toReversed());
      assert.deepEqual(outputsOf([makeTarget({ labels })]), outputsOf([makeTarget({ labels: turned })]));
    });

    for (const count of [0, 1, 500]) {
      test(title(`takes ${count} targets and passes the check`), () => {
        const targets = makeTargets(count);
        const { outputs, options: values } = render(loaded, targets, options);
        assert.deepEqual(checkOutputs(agent, outputs, values), []);
        for (const output of outputs) parsed(output);
        const everything = JSON.stringify(outputs);
        for (const { id } of targets) assert.ok(everything.includes(id), `${id} is missing`);
      });
    }

    test(title('makes as much of each target'), () => {
      const [none, one, five] = [0, 1, 5].map((count) => outputsOf(makeTargets(count)).length) as [
        number,
        number,
        number,
      ];
      assert.ok(one > none);
      assert.equal(five - none, 5 * (one - none));
    });

    test(title('leaves nothing of a target that is gone'), () => {
      const targets = makeTargets(7);
      const gone = targets[3] ?? assert.fail();
      const rest = JSON.stringify(outputsOf(targets.filter((target) => target !== gone)));
      for (const text of [gone.id, gone.pod.name, gone.application, gone.log.path]) assert.ok(!rest.includes(text));
    });

    test(title('keeps hostile text data'), () => {
      const usual = new Set(
        outputsOf([...makeTargets(2), complete('docker'), complete('cri')]).flatMap((o) => keysOf(parsed(o))),
      );
      fc.assert(
        fc.property(hostileTargets, (targets) => {
          const { outputs, options: values } = render(loaded, targets, options);
          assert.deepEqual(checkOutputs(agent, outputs, values), []);
          assert.equal(outputs.length, outputsOf(targets.map(({ id }) => makeTarget({ id }))).length);
          for (const key of outputs.flatMap((output) => keysOf(parsed(output)))) {
            assert.ok(
              usual.has(key) || ('labels' in options && legal.test(key)),
              `${JSON.stringify(key)} became a key`,
            );
          }
        }),
        { numRuns: runs },
      );
    });
  }
}

/** What a label key may become. */
const legal = /^[a-zA-Z][a-zA-Z0-9_]*$/;

/** A target with everything that an agent might write. */
function complete(format: 'docker' | 'cri') {
  const labels = [
    'application',
    'component',
    'version',
    'release',
    'environment',
    'appdynamics_app',
    'appdynamics_tier',
  ];
  const rules = [{ match_expression: 'x', sampling_rate: 0.5 }, { match_expression: 'x' }];
  const annotations = {
    'kubernetes-log-watcher/scalyr-sampling-rules': JSON.stringify([{ container: 'app', 'sampling-rules': rules }]),
  };
  return makeTarget({
    format,
    id: format,
    annotations,
    labels: Object.fromEntries(labels.map((name) => [name, name])),
  });
}

/** The content of a file as its reader sees it: strict JSON, or YAML that is the same in both of its versions. */
function parsed(output: Output): unknown {
  if (output.kind === 'link') return undefined;
  if (output.path.endsWith('.json')) return JSON.parse(output.content);
  if (!/\.(ya?ml|job)$/.test(output.path)) return undefined;
  const [old, current] = (['1.1', '1.2'] as const).map((version) => {
    const document = parseDocument(output.content, { version });
    assert.deepEqual([...document.errors, ...document.warnings], [], output.content);
    return document.toJS() as unknown;
  });
  assert.deepEqual(old, current);
  return current;
}

function keysOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = Array.isArray(value) ? [] : Object.keys(value);
  return [...own, ...Object.values(value).flatMap(keysOf)];
}

const place = ({ kind, path }: Output) => `${kind} ${path}`;
const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
const sorted = (outputs: Output[]) => outputs.toSorted((a, b) => (a.path < b.path ? -1 : 1));
