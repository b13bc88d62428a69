/** One thing that was looked at. */
export interface Finding {
  /** Of what it is: `mount /var/log/pods`, `right list pods`. */
  name: string;
  /** `warn` for what does without it, worse. */
  state: 'ok' | 'warn' | 'fail';
  detail: string;
  /** What to do about it. */
  fix?: string;
}

export const ok = (name: string, detail: string): Finding => ({ name, state: 'ok', detail });
export const warn = (name: string, detail: string, fix: string): Finding => ({ name, state: 'warn', detail, fix });
export const fail = (name: string, detail: string, fix: string): Finding => ({ name, state: 'fail', detail, fix });
