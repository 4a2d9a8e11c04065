import type { LoggerService } from '@nestjs/common';
import pino, { type Logger } from 'pino';
import { errorForLog } from './error-for-log.js';
import type { HostConfig } from './config.js';

/**
 * JSON lines on stderr, or in a file. What could carry a person's data is removed whoever puts it
 * there.
 */
export function createLogger(level: HostConfig['logLevel'], name: string, file?: string): Logger {
  const sensitive = [
    'name',
    'value',
    'identifier',
    'identifiers',
    'text',
    'body',
    'url',
    'headers',
  ];
  return pino(
    {
      level,
      base: { process: name },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: sensitive.flatMap((field) => [field, `*.${field}`]), remove: true },
      serializers: { err: errorForLog, error: errorForLog },
    },
    pino.destination({ dest: file ?? 2, sync: true }),
  );
}

/** Nest's own messages: its warnings and errors, without their arguments. */
export function nestLogger(logger: Logger): LoggerService {
  const say = (level: 'error' | 'warn', message: unknown) =>
    logger[level]({ from: 'nest' }, message instanceof Error ? message.name : String(message));
  return {
    log: () => {},
    debug: () => {},
    verbose: () => {},
    warn: (message: unknown) => say('warn', message),
    error: (message: unknown) => say('error', message),
    fatal: (message: unknown) => say('error', message),
  };
}
