import { describe, expect, it } from '@jest/globals';
import { parseConfig } from './config.js';

const ENV = {
  WRIT_COURT_DB_WRITER: 'postgres://w@h/d',
  WRIT_COURT_DB_READER: 'postgres://r@h/d',
  WRIT_KEYS: '/keys',
};
const problemsOf = (env: Record<string, string>, ...argv: string[]) => {
  const result = parseConfig('court', { ...ENV, ...env }, argv);
  return 'problems' in result ? result.problems.map(({ setting }) => setting) : [];
};

describe('settings of a service', () => {
  it('have defaults for all but databases and keys', () =>
    expect(parseConfig('court', ENV, [])).toEqual({
      config: {
        listen: { host: '127.0.0.1', port: 3000 },
        transport: 'embedded',
        kafkaBrokers: [],
        urls: Object.fromEntries(
          ['identity', 'court', 'regulatory', 'enforcement', 'projection'].map((name) => [
            name,
            'http://127.0.0.1:3000',
          ]),
        ),
        database: { writer: ENV.WRIT_COURT_DB_WRITER, reader: ENV.WRIT_COURT_DB_READER },
        ledgerReaders: { court: ENV.WRIT_COURT_DB_READER },
        keys: '/keys',
        logLevel: 'info',
      },
    }));

  it.each([
    ['PORT', 'x'],
    ['PORT', '65536'],
    ['PORT', '1.5'],
    ['WRIT_TRANSPORT', 'pigeon'],
    ['WRIT_LOG_LEVEL', 'loud'],
    ['WRIT_IDENTITY_URL', 'ftp://x'],
    ['WRIT_IDENTITY_URL', 'http://x/path'],
    ['WRIT_COURT_DB_WRITER', ''],
    ['WRIT_KEYS', ''],
  ])('name the one that cannot be used: %s=%j', (setting, value) =>
    expect(problemsOf({ [setting]: value })).toEqual([setting]),
  );

  it('name all at once, and repeat no value', () => {
    const result = parseConfig('court', { PORT: 'a-secret', WRIT_COURT_DB_OWNER: 'o' }, []);
    expect('problems' in result && result.problems).toHaveLength(4);
    expect(JSON.stringify(result)).not.toContain('a-secret');
  });

  it('need brokers for Kafka', () => {
    expect(problemsOf({ WRIT_TRANSPORT: 'kafka' })).toEqual(['KAFKA_BROKERS']);
    expect(problemsOf({ WRIT_TRANSPORT: 'kafka', KAFKA_BROKERS: 'a:1,b:2' })).toEqual([]);
  });

  it.each(['0.0.0.0', '192.0.2.1', 'example.test', '127.0.0.1.example.test'])(
    'refuse to listen on %s unless told',
    (host) => {
      expect(problemsOf({ WRIT_HOST: host })).toEqual(['WRIT_HOST']);
      expect(problemsOf({ WRIT_HOST: host }, '--insecure-bind')).toEqual([]);
    },
  );
});
