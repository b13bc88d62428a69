import { parentPort, workerData } from 'node:worker_threads';
import { databaseIn, openToRead } from './open.ts';
import type { ThreadData } from './messages.ts';
import { read } from './reader.ts';
import { write } from './writer.ts';

if (!parentPort) throw new Error('this is a thread of the SQLite store');
const data = workerData as ThreadData;
if (data.role === 'writer') write(parentPort, data);
else read(parentPort, openToRead(data.directory, 2048), databaseIn(data.directory));
