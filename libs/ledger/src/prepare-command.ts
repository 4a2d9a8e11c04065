import { hash } from 'node:crypto';
import type { LedgerName } from '@writ/contracts';
import { templateOf, type FactTemplate } from './envelope.js';
import type { FactValidator } from './fact-validators.js';
import { LedgerInputError } from './ledger-error.js';
import type { FactCommand } from './ledger.js';

/** Most events of one command. */
export const COMMAND_EVENTS_MAX = 1_000;
const KEY_LENGTH_MAX = 500;
const FINGERPRINT = /^[\x21-\x7e]{1,200}$/;

/** A command as queued: checked, and serialised as far as it can be. */
export type PreparedCommand = {
  key: string;
  /** First 128 bits of SHA-256 of the key, hex: what is stored, never the key itself. */
  keyHash: string;
  fingerprint: string;
  expect: readonly { stream: string; version: number }[];
  facts: readonly FactTemplate[];
};

/** @returns what the ledger stores of an idempotency key */
export function keyHashOf(key: string): string {
  return hash('sha256', key, 'hex').slice(0, 32);
}

/**
 * All checks that need no database.
 *
 * @throws LedgerInputError as `factValidator` and `templateOf` do, and
 *   `command_writes_nothing`, `command_writes_too_much`, `key_is_malformed`,
 *   `fingerprint_is_malformed`, `stream_is_expected_twice`, `expected_version_is_malformed`,
 *   `stream_is_written_but_not_expected`
 */
export function prepareCommand(
  ledger: LedgerName,
  validate: FactValidator,
  command: FactCommand,
): PreparedCommand {
  const { key, fingerprint, expect, write } = command;
  if (key === '' || key.length > KEY_LENGTH_MAX) {
    throw new LedgerInputError('key_is_malformed', '/key');
  }
  if (!FINGERPRINT.test(fingerprint)) {
    throw new LedgerInputError('fingerprint_is_malformed', '/fingerprint');
  }
  if (write.length === 0) throw new LedgerInputError('command_writes_nothing', '/write');
  if (write.length > COMMAND_EVENTS_MAX) {
    throw new LedgerInputError('command_writes_too_much', '/write');
  }
  const expected = new Set<string>();
  for (const { stream, version } of expect) {
    if (expected.has(stream)) throw new LedgerInputError('stream_is_expected_twice', '/expect');
    if (!isVersion(version) || stream.includes('\n')) {
      throw new LedgerInputError('expected_version_is_malformed', '/expect');
    }
    expected.add(stream);
  }
  const facts: FactTemplate[] = [];
  for (const { stream, event } of write) {
    // A version nobody read is a version nobody decided on.
    if (!expected.has(stream)) {
      throw new LedgerInputError('stream_is_written_but_not_expected', '/expect');
    }
    validate(stream, event);
    facts.push(templateOf(ledger, stream, event));
  }
  return { key, keyHash: keyHashOf(key), fingerprint, expect, facts };
}

function isVersion(version: number): boolean {
  return Number.isInteger(version) && version >= 0 && version < 2 ** 31;
}
