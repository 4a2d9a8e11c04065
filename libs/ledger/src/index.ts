export * from './ledger.js';
export * from './ledger-error.js';
export * from './open-epoch.postgres.js';
export { readAuthorities } from './authorities.postgres.js';
export * from './canonical.js';
export * from './leaf.js';
export * from './merkle.js';
export * from './clock.js';
export * from './memory-ledger.process.js';
export * from './ledger-schema.sql.js';
export * from './ledger-writer.postgres.js';
export * from './ledger-reader.postgres.js';
export { typeAndSubject, recordedAtOf } from './envelope.js';
export { COMMAND_EVENTS_MAX } from './prepare-command.js';
export {
  LEDGER_TIMEOUTS,
  type LedgerConnection,
  type LedgerTimeouts,
} from './connection.postgres.js';
