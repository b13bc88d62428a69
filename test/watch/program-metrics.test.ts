import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { until } from '../support/program.ts';
import { tree } from '../support/tree.ts';
import { createWorld } from '../support/world.ts';

const name = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const label = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"`;
const help = new RegExp(`^# HELP (${name}) \\S.*$`);
const type = new RegExp(`^# TYPE (${name}) (counter|gauge|histogram)$`);
const sample = new RegExp(`^(${name})(\\{(?:${label}(?:,${label})*)?\\})? (NaN|[+-]Inf|-?[0-9.]+(?:e[+-]?[0-9]+)?)$`);

test('the metrics are Prometheus text, whatever has happened', async (t) => {
  const world = await createWorld(t);
  await world.pod('first');
  const program = await world.startReady();
  const gone = await world.pod('gone');
  await world.pod('bad', { annotations: { 'kubernetes-log-watcher/scalyr-parser': '"\n{' } });
  await until('all', async () => (await world.shipped()).length === 3);
  await until('all at Loki', async () => Object.keys(await tree(world.places['loki'] ?? '')).length === 3);
  await world.remove(gone);
  world.api.faults.watch(500);
  world.api.faults.end();
  await until('one less', async () => (await world.shipped()).length === 2);
  await until(
    'the failed request',
    async () => (await program.metric('logwatch_api_requests_total{verb="watch",code="500",resource="pods"}')) === 1,
  );
  const text = await program.text('/metrics');
  const promtool = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  if (!promtool.error) assert.equal(promtool.status, 0, promtool.stdout + promtool.stderr);

  assert.ok(text.endsWith('\n'));
  const types = new Map<string, string>();
  const series = new Map<string, number>();
  let described = '';
  for (const line of text.split('\n').filter((line) => line !== '')) {
    const [, helped] = help.exec(line) ?? [];
    const [, typed = '', kind = ''] = type.exec(line) ?? [];
    const [, metric = '', labels = '', value] = sample.exec(line) ?? [];
    if (helped) described = helped;
    else if (typed) {
      assert.equal(typed, described, 'HELP and TYPE stand together');
      assert.ok(!types.has(typed), `${typed} comes twice`);
      types.set(typed, kind);
    } else {
      assert.ok(metric, `no line of Prometheus text: ${line}`);
      const family = types.get(metric) ? metric : metric.replace(/_(bucket|sum|count)$/, '');
      assert.equal(family, described, 'a family stands together, behind its TYPE');
      if (types.get(family) === 'counter') assert.match(family, /_total$/);
      assert.ok(!series.has(metric + labels), `${metric}${labels} comes twice`);
      series.set(metric + labels, Number(value));
    }
  }
  assert.ok([...types.keys()].every((name) => name.startsWith('logwatch_')));
  const count = series.get('logwatch_container_configured_latency_seconds_count{agent="loki"}');
  assert.equal(series.get('logwatch_container_configured_latency_seconds_bucket{le="+Inf",agent="loki"}'), count);
  assert.equal(count, 2, 'those that started later');
  assert.equal(series.get('logwatch_containers{state="kept"}'), 2);
  assert.equal(series.get('logwatch_hint_errors{agent="scalyr"}'), 1);
});
