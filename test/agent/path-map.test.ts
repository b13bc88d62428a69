import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathMap } from '../../src/agent/path-map.ts';

test('paths as the shipper sees them: the longest directory wins, names that only begin alike do not', () => {
  const map = pathMap(['/mnt/containers=/var/lib/docker/containers', '/mnt=/host/', '/=/root']);
  assert.equal(map('/mnt/containers/a/a-json.log'), '/var/lib/docker/containers/a/a-json.log');
  assert.equal(map('/mnt/containers2/x'), '/host/containers2/x');
  assert.equal(map('/mnt'), '/host');
  assert.equal(map('/other'), '/root/other');
  assert.equal(pathMap([])('/x'), '/x');
  assert.equal(pathMap(['/host=/'])('/host/var/log'), '/var/log');
});
