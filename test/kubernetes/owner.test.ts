import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownerOf } from '../../src/kubernetes/owner.ts';

const created = '2026-01-02T03:04:05Z';
const minute = Math.floor(Date.parse(created) / 60_000);

function owner(kind: string, name: string, told: { hash?: string; created?: string } = {}) {
  const controller = { apiVersion: 'v1', kind, name, uid: 'u', controller: true };
  const other = { ...controller, kind: 'Application', name: 'another', controller: false };
  const found = ownerOf([other, controller], { created, ...told });
  return found && `${found.kind}/${found.name}`;
}

test('a ReplicaSet is named by its Deployment, if its name ends with the hash of the pod', () => {
  assert.equal(owner('ReplicaSet', 'shop-5f7d', { hash: '5f7d' }), 'Deployment/shop');
  assert.equal(owner('ReplicaSet', 'shop-5f7d'), 'ReplicaSet/shop-5f7d');
  assert.equal(owner('ReplicaSet', 'shop-5f7d', { hash: '7d' }), 'ReplicaSet/shop-5f7d');
  assert.equal(owner('ReplicaSet', '-5f7d', { hash: '5f7d' }), 'ReplicaSet/-5f7d');
  assert.equal(owner('StatefulSet', 'shop-5f7d', { hash: '5f7d' }), 'StatefulSet/shop-5f7d');
});

test('a Job is named by its CronJob, if its number is the minute for which it was planned', () => {
  assert.equal(owner('Job', `report-${minute}`), 'CronJob/report');
  assert.equal(owner('Job', `report-2-${minute}`), 'CronJob/report-2');
  assert.equal(owner('Job', `report-${minute - 300}`), 'CronJob/report', 'a retry some hours later');
  assert.equal(owner('Deployment', `report-${minute}`), `Deployment/report-${minute}`);
});

test('a Job with a number of its own stays what it is', () => {
  const seconds = Math.floor(Date.parse(created) / 1000);
  const names = ['report', `-${minute}`, `report${minute}`, 'report-20260102', 'report-1', `report-${seconds}`];
  names.push(`report-${minute + 2}`, `report-${minute - 1500}`, `report-${minute}-x`, 'report-99999999999999999999');
  for (const name of names) assert.equal(owner('Job', name), `Job/${name}`, name);
  assert.equal(owner('Job', `report-${minute}`, { created: '' }), `Job/report-${minute}`, 'of no known age');
});

test('only what controls a pod is its owner', () => {
  assert.equal(ownerOf(undefined, { created }), undefined);
  assert.equal(ownerOf([{ kind: 'Job', name: 'a' }], { created }), undefined);
  assert.equal(ownerOf([{ kind: 'Job', name: '', controller: true }], { created }), undefined);
});
