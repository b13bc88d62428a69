import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  logTail,
  parseDockerLog,
  parseLinkId,
  parseLogName,
  parsePodDirectory,
  parseRotatedName,
} from '../../src/logs/paths.ts';

const id = 'ab'.repeat(32);

test('a pod directory is namespace, pod and uid, or the hash of a static pod', () => {
  assert.deepEqual(parsePodDirectory('kube-system_etcd-node-1_0123456789abcdef0123456789abcdef'), {
    namespace: 'kube-system',
    name: 'etcd-node-1',
    uid: '0123456789abcdef0123456789abcdef',
  });
  assert.deepEqual(parsePodDirectory('a_web.v1-0_uid')?.name, 'web.v1-0');
  for (const name of ['lost+found', 'a_b', 'a__c', '_b_c', 'a_b_c_d', ''])
    assert.equal(parsePodDirectory(name), undefined, name);
});

test('only the log itself is a log, not its rotated siblings', () => {
  assert.equal(parseLogName('0.log'), 0);
  assert.equal(parseLogName('17.log'), 17);
  for (const name of [
    '0.log.20260102-030405',
    '0.log.20260102-030405.gz',
    '0.log.tmp',
    'x.log',
    '.log',
    '-1.log',
    '1e3.log',
    '00.log',
  ]) {
    assert.equal(parseLogName(name), undefined, name);
  }
});

test('a rotated log tells whose it is', () => {
  for (const name of ['3.log.20260102-030405', '3.log.20260102-030405.gz', '3.log.tmp'])
    assert.equal(parseRotatedName(name), 3, name);
  for (const name of ['3.log', 'x.log.1', '.log.', '']) assert.equal(parseRotatedName(name), undefined, name);
});

test('a link tells the id, unless the kubelet had to cut it', () => {
  assert.equal(parseLinkId(`web-0_default_main-${id}.log`), id);
  const long = `${'p'.repeat(180)}_default_main-${id}`.slice(0, 251);
  assert.equal(parseLinkId(`${long}.log`), undefined);
});

test("Docker's log is known by its directory", () => {
  assert.equal(parseDockerLog(`/var/lib/docker/containers/${id}/${id}-json.log`), id);
  assert.equal(parseDockerLog(`/var/lib/docker/containers/${id}/other-json.log`), undefined);
  assert.equal(parseDockerLog('/var/log/pods/a_b_c/d/0.log'), undefined);
});

test('a log is named by the last three parts of its path, whatever the mount point', () => {
  assert.equal(logTail('/host/var/log/pods/a_b_c/d/0.log'), 'a_b_c/d/0.log');
});
