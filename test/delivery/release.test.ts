import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drafted, entered, notes, renamed } from '../../release.ts';

const changelog =
  '# Changelog\n\n## 1.1.0 (not released)\n\nOne.\n\n### Fixed\n\n- two\n\n## 1.0.0 (2026-01-01)\n\nZero.\n';

test('the version goes to images and labels, and to nothing that only looks like it', () => {
  const text = 'image: kube-log-watcher:1.0.0-alpha.1\nARG VERSION=1.0.0-alpha.1\nother:1.0.0 NODE=24.1.0\n';
  assert.equal(renamed(text, '2.0.0'), 'image: kube-log-watcher:2.0.0\nARG VERSION=2.0.0\nother:1.0.0 NODE=24.1.0\n');
});

test('the notes of a version are its section, and for a first try that of what it is a try of', () => {
  assert.equal(notes(changelog, '1.1.0'), 'One.\n\n### Fixed\n\n- two');
  assert.equal(notes(changelog, '1.1.0-rc.1'), 'One.\n\n### Fixed\n\n- two');
  assert.equal(notes(changelog, '1.0.0'), 'Zero.');
  assert.equal(notes(changelog, '1.1'), undefined);
});

test('what commits say is drafted by what they are; what changes nothing for users is left out', () => {
  const subjects = ['feat(ship): a', 'fix: b', 'docs: c', 'perf(serve): d', 'feat!: e', 'test(e2e): f', 'feat: g'];
  const text = '## 2.0.0\n\n### New\n\n- a\n- g\n\n### Changed\n\n- e\n\n### Faster\n\n- d\n\n### Fixed\n\n- b';
  assert.equal(drafted('2.0.0', subjects), text);
});

test('a section that was being written is closed with its day; a missing one is drafted on top', () => {
  const day = '2026-02-02';
  assert.equal(entered(changelog, '1.1.0', day, ['feat: x']), changelog.replace('not released', day));
  assert.equal(entered(changelog, '1.1.0-rc.1', day, ['feat: x']), changelog);
  const drafted = entered(changelog, '1.2.0', day, ['feat: x']);
  assert.ok(drafted.startsWith('# Changelog\n\n## 1.2.0 (2026-02-02)\n\n### New\n\n- x\n\n## 1.1.0 (not released)\n'));
  assert.equal(entered(drafted, '1.2.0', '2026-03-03', ['feat: y']), drafted, 'once');
});
