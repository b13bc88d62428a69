import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoadedAgent } from '../../src/agent/load.ts';
import { examine } from '../../src/kit/kit.ts';
import { findingText } from '../../src/kit/report.ts';
import { runs } from './hostile.ts';

/** The suite that every agent has to pass, ours or an outsider's, with each of the given options. */
export function contract(loaded: LoadedAgent, variants: readonly Readonly<Record<string, unknown>>[] = [{}]): void {
  for (const options of variants) {
    test(`${loaded.agent.name} ${JSON.stringify(options)}`, async (t) => {
      for (const { name, meaning, finding } of await examine(loaded, { options, runs: runs * 3, seed: 1 }))
        await t.test(`${name}: ${meaning}`, () => assert.equal(finding && findingText(finding), undefined));
    });
  }
}
