/** How a shipper is told that its files have changed, as data. */
export type Reload = HttpReload | SignalReload;

export interface HttpReload extends Confirmable {
  kind: 'http';
  method: 'GET' | 'POST' | 'PUT';
  url: string;
  body?: string;
  /** What a field of the JSON answer has to be; the status has to be 2xx in any case. */
  expect?: { field: string; is: string | number | boolean };
}

/** Sent to every process of that name whose files can be seen (a shared PID namespace), or to the one in a pid file. */
export interface SignalReload extends Confirmable {
  kind: 'signal';
  signal: 'SIGHUP' | 'SIGUSR1' | 'SIGUSR2';
  /** The program's file name, as `/proc/<pid>/exe` or the first argument in `/proc/<pid>/cmdline` ends. */
  process?: string;
  pidFile?: string;
}

interface Confirmable {
  /**
   * Asked by GET before and after: the reload has happened when this field of the JSON answer (`a.b`) has another value
   * than before. For shippers that say yes to a reload and go on with their old configuration.
   */
  confirm?: { url: string; field: string };
}

/** Says what is wrong with the data of a reload. */
export function reloadProblems(reload: Reload): string[] {
  const problems: string[] = [];
  const { kind, confirm } = reload;
  if (kind === 'http') {
    if (!['GET', 'POST', 'PUT'].includes(reload.method)) problems.push('method has to be GET, POST or PUT');
    if (!isHttp(reload.url)) problems.push(`url ${JSON.stringify(reload.url)} is no http or https address`);
  } else if (kind === 'signal') {
    if (!['SIGHUP', 'SIGUSR1', 'SIGUSR2'].includes(reload.signal))
      problems.push('signal has to be SIGHUP, SIGUSR1 or SIGUSR2');
    if (!reload.process === !reload.pidFile) problems.push('either process or pidFile is needed');
    if (reload.pidFile && !reload.pidFile.startsWith('/')) problems.push('pidFile has to be an absolute path');
  } else {
    problems.push('kind has to be http or signal');
  }
  if (confirm && (!isHttp(confirm.url) || !confirm.field)) problems.push('confirm needs an http url and a field');
  return problems.map((why) => `reload: ${why}`);
}

function isHttp(url: unknown): boolean {
  return typeof url === 'string' && /^https?:$/.test(URL.parse(url)?.protocol ?? '');
}
