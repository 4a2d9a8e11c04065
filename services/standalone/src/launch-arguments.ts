import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { SystemOptions } from './running-system.js';

export type Launch = Pick<SystemOptions, 'postgresUrl'> & {
  port: number;
  host: string;
  insecureBind: boolean;
  /** Absent: the clone's own default. */
  dataFolder?: string;
  /** Its clock may be ahead of the database's; never real data. */
  sandbox: boolean;
  /** A sandbox whose clock is told to move on. */
  clock: boolean;
  /** Load the demonstration world where nothing is recorded yet. */
  demonstration: boolean;
};

export const LAUNCH_HELP = `Options: --data DIR       data folder (kept)
         --port N         default: PORT, or 3000
         --no-demo        do not load the demonstration world
         --sandbox        a fresh data folder becomes a sandbox; needed to start one again
         --clock          a sandbox whose clock writ clock advance moves on
         --insecure-bind  allow WRIT_HOST to be an address other than loopback`;

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/** Settings of a launcher from its arguments and environment, or what is wrong with them. */
export function parseLaunch(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Launch | { problem: string } {
  const parsed = readArguments(argv);
  if ('problem' in parsed) return parsed;
  const port = Number(parsed.port ?? (env['PORT'] || '3000'));
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    return { problem: 'the port must be a whole number from 0 to 65535' };
  }
  const host = env['WRIT_HOST'] || '127.0.0.1';
  const insecureBind = parsed['insecure-bind'] ?? false;
  if (!LOOPBACK.has(host) && !insecureBind) {
    return {
      problem:
        'WRIT_HOST is not loopback and nothing authenticates callers yet: add --insecure-bind',
    };
  }
  const dataFolder = parsed.data ?? env['WRIT_DATA'];
  return {
    port,
    host,
    insecureBind,
    demonstration: !(parsed['no-demo'] ?? false),
    sandbox: (parsed.sandbox ?? false) || (parsed.clock ?? false),
    clock: parsed.clock ?? false,
    ...(dataFolder ? { dataFolder: resolve(dataFolder) } : {}),
    ...(env['WRIT_POSTGRES_URL'] ? { postgresUrl: env['WRIT_POSTGRES_URL'] } : {}),
  };
}

type Arguments = {
  data?: string;
  port?: string;
  'no-demo'?: boolean;
  sandbox?: boolean;
  clock?: boolean;
  'insecure-bind'?: boolean;
};

function readArguments(argv: readonly string[]): Arguments | { problem: string } {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        data: { type: 'string' },
        port: { type: 'string' },
        'no-demo': { type: 'boolean' },
        sandbox: { type: 'boolean' },
        clock: { type: 'boolean' },
        'insecure-bind': { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    return { problem: error instanceof Error ? error.message : 'unknown arguments' };
  }
}
