import { connect } from 'node:net';
import type { Reload } from '../../agent/reload.ts';
import { why } from '../../config/why.ts';
import { sendSignal } from '../reload/signal.ts';
import { fail, ok, type Finding } from './finding.ts';

/** Whether each shipper that is told of its files can be. It is not told anything. */
export function checkShippers(shippers: readonly { name: string; reload: Reload | undefined }[]): Promise<Finding[]> {
  return Promise.all(
    shippers.map(({ name, reload }) => {
      if (!reload) return Promise.resolve(ok(`shipper of ${name}`, 'looks at its files by itself'));
      return reload.kind === 'http' ? checkListens(name, reload.url) : checkProcess(name, reload);
    }),
  );
}

function checkListens(name: string, address: string): Promise<Finding> {
  const { hostname, port, protocol } = new URL(address);
  const { promise, resolve } = Promise.withResolvers<Finding>();
  const host = hostname.replace(/^\[|\]$/g, '');
  const at = `shipper of ${name} at ${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
  const socket = connect({ host, port: Number(port) || (protocol === 'https:' ? 443 : 80), timeout: 3000 });
  const bad = (detail: string) => {
    socket.destroy();
    resolve(fail(at, detail, 'start the shipper in the same pod, with its HTTP server on; see the page on its agent'));
  };
  socket.on('connect', () => {
    socket.destroy();
    resolve(ok(at, 'listens'));
  });
  socket.on('timeout', () => bad('no answer within 3 s'));
  socket.on('error', (error) => bad(why(error)));
  return promise;
}

async function checkProcess(name: string, reload: Extract<Reload, { kind: 'signal' }>): Promise<Finding> {
  const what = `shipper of ${name}`;
  try {
    // Signal 0 asks whether one may be sent.
    const kill = (pid: number) => void process.kill(pid, 0);
    await sendSignal(reload, { proc: '/proc', self: process.pid, kill });
    return ok(what, `may be sent ${reload.signal}`);
  } catch (error) {
    return fail(what, (error as Error).message, 'set shareProcessNamespace: true, and run both as the same user');
  }
}
