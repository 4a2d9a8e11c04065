import { LEDGERS, type LedgerName } from '@writ/contracts';

export const SERVICES = ['identity', 'court', 'regulatory', 'enforcement', 'projection'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** Connection strings of the roles a running service has; the owner's is for migrations alone. */
export type DatabaseUrls = { writer: string; reader: string };

export type HostConfig = {
  /** Address and port to listen on; port 0 takes a free one. */
  listen: { host: string; port: number };
  transport: 'embedded' | 'kafka';
  kafkaBrokers: readonly string[];
  /** Prefix of all topics: another generation of them is published from the ledgers anew. */
  topicGeneration?: string;
  /** Base URL of each service, without a trailing slash. */
  urls: Readonly<Record<ServiceName, string>>;
  database: DatabaseUrls;
  /** Embedded transport only: the reader role of every ledger consumed. */
  ledgerReaders: Readonly<Partial<Record<LedgerName, string>>>;
  /** Folder of the key files. */
  keys: string;
  /** Folder of `alias.key`, which identity and projection share; default `keys`. */
  aliasKeys?: string;
  /** A sandbox's alone: the ledger bears a clock ahead of the database's. */
  allowClockAhead?: boolean;
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'silent';
};

/** A setting that cannot be used; the value itself is not repeated, it may be a secret. */
export type ConfigProblem = { setting: string; problem: string };

export type ConfigResult = { config: HostConfig } | { problems: ConfigProblem[] };

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const;
const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/**
 * Settings of one service's process from its environment and arguments.
 *
 * `PORT`, `WRIT_HOST`, `WRIT_TRANSPORT` (embedded | kafka), `KAFKA_BROKERS`,
 * `WRIT_TOPIC_GENERATION` (prefix of all topics, default none), `WRIT_KEYS`,
 * `WRIT_ALIAS_KEYS`, `WRIT_LOG_LEVEL`, `WRIT_<SERVICE>_URL`,
 * `WRIT_<SERVICE>_DB_{WRITER,READER}`;
 * `--insecure-bind` allows an address other than loopback, `--sandbox` a clock ahead of the
 * database's. `WRIT_<SERVICE>_DB_OWNER` is not read: see `parseMigration`.
 */
export function parseConfig(
  service: ServiceName,
  env: Readonly<Record<string, string | undefined>>,
  argv: readonly string[],
): ConfigResult {
  const problems: ConfigProblem[] = [];
  const required = (setting: string): string => {
    const value = env[setting];
    if (!value) problems.push({ setting, problem: 'is required' });
    return value ?? '';
  };
  const oneOf = <T extends string>(setting: string, allowed: readonly T[], fallback: T): T => {
    const value = env[setting] || fallback;
    const known = allowed.find((candidate) => candidate === value);
    if (!known) problems.push({ setting, problem: `must be one of ${allowed.join(', ')}` });
    return known ?? fallback;
  };
  const url = (setting: string, fallback: string): string => {
    const value = env[setting] || fallback;
    if (!/^https?:\/\/[^/\s]+$/.test(value.replace(/\/$/, ''))) {
      problems.push({ setting, problem: 'must be an http(s) origin without a path' });
    }
    return value.replace(/\/$/, '');
  };

  const port = portOf(env, problems);
  const host = env['WRIT_HOST'] || '127.0.0.1';
  if (!LOOPBACK.has(host) && !argv.includes('--insecure-bind')) {
    const problem = 'is not loopback and nothing authenticates callers yet: add --insecure-bind';
    problems.push({ setting: 'WRIT_HOST', problem });
  }
  const transport = oneOf('WRIT_TRANSPORT', ['embedded', 'kafka'], 'embedded');
  const kafkaBrokers = (env['KAFKA_BROKERS'] ?? '').split(',').filter((broker) => broker !== '');
  if (transport === 'kafka' && kafkaBrokers.length === 0) {
    problems.push({ setting: 'KAFKA_BROKERS', problem: 'is required with WRIT_TRANSPORT=kafka' });
  }
  const topicGeneration = env['WRIT_TOPIC_GENERATION'];
  if (topicGeneration && !/^[a-z0-9][a-z0-9._-]{0,30}$/.test(topicGeneration)) {
    problems.push({ setting: 'WRIT_TOPIC_GENERATION', problem: 'must be a prefix of topic names' });
  }
  const upper = service.toUpperCase();
  const config: HostConfig = {
    listen: { host, port },
    transport,
    kafkaBrokers,
    ...(topicGeneration ? { topicGeneration } : {}),
    urls: Object.fromEntries(
      SERVICES.map((name) => [
        name,
        url(`WRIT_${name.toUpperCase()}_URL`, `http://127.0.0.1:${port}`),
      ]),
    ) as Record<ServiceName, string>,
    database: {
      writer: required(`WRIT_${upper}_DB_WRITER`),
      reader: required(`WRIT_${upper}_DB_READER`),
    },
    ledgerReaders: Object.fromEntries(
      LEDGERS.flatMap((ledger) => {
        const value = env[`WRIT_${ledger.toUpperCase()}_DB_READER`];
        return value ? [[ledger, value]] : [];
      }),
    ),
    keys: required('WRIT_KEYS'),
    ...(env['WRIT_ALIAS_KEYS'] ? { aliasKeys: env['WRIT_ALIAS_KEYS'] } : {}),
    ...(argv.includes('--sandbox') ? { allowClockAhead: true } : {}),
    logLevel: oneOf('WRIT_LOG_LEVEL', LOG_LEVELS, 'info'),
  };
  return problems.length > 0 ? { problems } : { config };
}

function portOf(
  env: Readonly<Record<string, string | undefined>>,
  problems: ConfigProblem[],
): number {
  const port = Number(env['PORT'] || '3000');
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    problems.push({ setting: 'PORT', problem: 'must be a whole number from 0 to 65535' });
  }
  return port;
}

/**
 * What `--migrate` needs, and nothing else does: the owner's connection string
 * (`WRIT_<SERVICE>_DB_OWNER`).
 */
export function parseMigration(
  service: ServiceName,
  env: Readonly<Record<string, string | undefined>>,
): { owner: string } | { problems: ConfigProblem[] } {
  const setting = `WRIT_${service.toUpperCase()}_DB_OWNER`;
  const owner = env[setting];
  return owner ? { owner } : { problems: [{ setting, problem: 'is required to migrate' }] };
}
