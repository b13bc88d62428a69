import assert from 'node:assert/strict';
import { test } from 'node:test';
import { selects } from '../../src/watch/explanation.ts';
import { makeTarget } from '../support/targets.ts';

test('a question finds a container by pod, namespace, name and id', () => {
  const id = 'ab'.repeat(32);
  const pod = { namespace: 'default', name: 'web-1', uid: 'uid' };
  const verdict = { key: 'key', state: 'kept', reason: 'kept', detail: '' } as const;
  // On disk the id isn't told; the status of the pod has it.
  const container = { id: '', name: 'app', directory: '/var/log/pods/one/app', pod };
  const found = { ...verdict, container, target: makeTarget({ format: 'cri', containerId: id }) };
  for (const question of ['', 'web-1', 'web-1/app', 'default/web-1', 'default/web-1/app', id])
    assert.ok(selects(question, found), question);
  for (const question of ['web', 'app', 'other/web-1', 'web-1/', 'a/b/c/d', id.slice(1)])
    assert.ok(!selects(question, found), question);
});
