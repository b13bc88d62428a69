// Writes a line to each of the given logs ten times a second, until it is killed or its parent has gone.
import { openSync, writeSync } from 'node:fs';

type Message = 'count' | { runtime: 'docker' | 'cri'; paths: string[] };

let lines = 0;
process.on('message', (message: Message) => {
  if (message === 'count') {
    process.send?.(lines);
    return;
  }
  const { runtime, paths } = message;
  const logs = paths.map((path) => openSync(path, 'a'));
  const text = `GET /basket/${'x'.repeat(100)} 200 12ms`;
  setInterval(() => {
    const time = new Date().toISOString();
    const line =
      runtime === 'docker'
        ? `${JSON.stringify({ log: `${text}\n`, stream: 'stdout', time })}\n`
        : `${time} stdout F ${text}\n`;
    for (const log of logs) writeSync(log, line);
    lines += logs.length;
  }, 100);
});
process.on('disconnect', () => process.exit());
