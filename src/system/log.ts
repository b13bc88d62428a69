import winston from 'winston';
import { mask } from './secrets.ts';

export const levels = ['error', 'warn', 'info', 'debug'] as const;
export type Level = (typeof levels)[number];

/** What stands beside a message in its JSON line. */
export type Fields = Readonly<Record<string, unknown>>;

/** The log of the program: one JSON object a line. Messages are fixed texts; what varies stands in the fields. */
export interface Log {
  error(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  debug(message: string, fields?: Fields): void;
}

const { combine, errors, printf, timestamp } = winston.format;

/** A log on stderr, or on the given stream. Errors among the fields are written as their message; secrets are masked. */
export function createLog(level: Level, stream: NodeJS.WritableStream = process.stderr): Log {
  const line = printf(({ timestamp, level, message, ...fields }) =>
    mask(JSON.stringify({ time: timestamp, level, message, ...fields }, plain)),
  );
  return winston.createLogger({
    level,
    format: combine(errors({ stack: false }), timestamp(), line),
    transports: [new winston.transports.Stream({ stream })],
  });
}

function plain(_key: string, value: unknown): unknown {
  return value instanceof Error ? value.message : value;
}

/** A log that says nothing. */
export const silent: Log = { error() {}, warn() {}, info() {}, debug() {} };
