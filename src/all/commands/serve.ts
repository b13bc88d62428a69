import type { Level } from '../../system/log.ts';
import { serveCommand } from '../../serve/commands/serve.ts';
import { collectOptions, collectProblems } from '../collect/options.ts';

/** `kube-log-watcher serve`: keeps logs and answers queries over HTTP; with `--collect` it has ship bring them itself. */
export default serveCommand(collectOptions, async (process, hosts) => {
  const { settingsWith } = await import('../../serve/settings.ts');
  const values = settingsWith(collectOptions, process, hosts, collectProblems);
  if (values.collect) return (await import('../collect/collect.ts')).runCollect(values, process);
  if (values['root-path'] !== undefined) {
    const { createLog } = await import('../../system/log.ts');
    const log = createLog(values['log-level'] as Level, process.stderr);
    log.warn('nothing is collected without --collect', { 'root-path': values['root-path'] });
  }
  return (await import('../../serve/run.ts')).runServe(values, process);
});
