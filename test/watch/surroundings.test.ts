import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Metadata } from '../../src/kubernetes/metadata.ts';
import type { Settings } from '../../src/watch/pass.ts';
import { createSurroundings } from '../../src/watch/surroundings.ts';
import { noRules } from '../support/rules.ts';

const settings: Settings = {
  rules: noRules,
  node: { name: 'node-1', labels: {}, cluster: { id: '', alias: '', environment: '' } },
  linger: 0,
  seenByShipper: (path) => path,
  running: [],
};
const one = (name: string, tier: string): Metadata => ({ uid: name, name, labels: { tier }, annotations: {} });

function source(list: readonly Metadata[]) {
  const signals: AbortSignal[] = [];
  const state = { synced: false, list };
  return {
    state,
    signals,
    get synced() {
      return state.synced;
    },
    all: () => (state.synced ? state.list : []),
    error: undefined,
    relist() {},
    run: (signal: AbortSignal) => Promise.resolve(void signals.push(signal)),
  };
}

test('what an earlier process knew stands in until the first list, and nothing is waited for', () => {
  const namespaces = source([one('shop', 'silver')]);
  const node = source([one('node-1', 'gold')]);
  const remembered = { namespaces: [one('shop', 'gold')], nodeLabels: { tier: 'old' } };
  const surroundings = createSurroundings({ namespaces, node }, remembered);
  const tiers = () => {
    const { namespaces, node } = surroundings.within(settings);
    return [namespaces?.get('shop')?.labels['tier'], node.labels['tier']];
  };
  assert.equal(surroundings.awaited, false);
  assert.deepEqual(tiers(), ['gold', 'old']);
  assert.deepEqual(surroundings.remember(new Set(['shop'])), remembered);
  namespaces.state.synced = true;
  node.state.synced = true;
  assert.deepEqual(tiers(), ['silver', 'gold']);
  namespaces.state.list = [one('shop', 'bronze')];
  assert.deepEqual(tiers(), ['bronze', 'gold']);
});

test('what was never read is awaited, and nothing is claimed of it', () => {
  const namespaces = source([one('shop', 'silver'), one('other', 'gold')]);
  const surroundings = createSurroundings({ namespaces, node: false }, { nodeLabels: { tier: 'old' } });
  assert.equal(surroundings.awaited, true);
  assert.deepEqual(surroundings.remember(new Set()), { namespaces: undefined, nodeLabels: undefined });
  assert.equal(surroundings.within(settings).namespaces?.size, 0);
  const unknown = (name: string) => surroundings.within(settings).rules.namespaceUnknown?.(name);
  assert.equal(unknown('shop'), true);
  namespaces.state.synced = true;
  assert.equal(surroundings.awaited, false);
  assert.equal(unknown('shop'), false);
  assert.equal(unknown('later'), true);
  const { namespaces: kept } = surroundings.remember(new Set(['shop', 'gone']));
  assert.deepEqual(
    kept?.map(({ name }) => name),
    ['shop'],
    'of thousands those that are needed',
  );
  assert.deepEqual(surroundings.within(settings).node.labels, {});
});
