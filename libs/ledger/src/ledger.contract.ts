import * as broken from './broken-ledgers.fixture.js';
import * as checks from './ledger-checks.fixture.js';
import type { LedgerReader, LedgerWriter } from './ledger.js';

/** A new, empty court ledger. */
export type LedgerUnderTest = { writer: LedgerWriter; reader: LedgerReader };

/** One line of the contract: what must hold (else it rejects), and faults that it must catch. */
export type ContractLine = {
  name: string;
  check: (ledger: LedgerUnderTest) => Promise<void>;
  broken: Record<string, Fault>;
};

/** How a ledger is broken, and what the check must say when it has caught it. */
export type Fault = [breaks: (ledger: LedgerUnderTest) => LedgerUnderTest, caught: RegExp];

/** What every ledger owes, on Postgres and in memory. */
export const LEDGER_CONTRACT: readonly ContractLine[] = [
  {
    name: '64 writers on 1,000 streams beside a tailing reader: nothing skipped or twice, dense',
    check: checks.manyWritersBesideAReader,
    broken: {
      'a reader that steps over a fact': [
        broken.readerStepsOver,
        /acknowledged events were skipped/,
      ],
      'a reader that hands out a fact twice': [broken.readerRepeats, /a position came twice/],
      'no stream guard': [
        broken.noStreamGuard,
        /a version between was skipped|a stale version was recorded/,
      ],
    },
  },
  {
    name: 'the same command again records nothing and has the same answer',
    check: checks.sameCommandAgain,
    broken: { 'no idempotency': [broken.noIdempotency, /two answers to one command/] },
  },
  {
    name: 'a key with another body is refused, also while the first is pending',
    check: checks.keyWithAnotherBody,
    broken: {
      'fingerprints not compared': [broken.noFingerprint, /another body was taken for a retry/],
    },
  },
  {
    name: 'key before version: a retry is known though its streams have moved on',
    check: checks.keyBeforeVersion,
    broken: { 'no idempotency': [broken.noIdempotency, /a retry was not known/] },
  },
  {
    name: 'a stream that has moved on is a conflict and records nothing',
    check: checks.movedOnIsAConflict,
    broken: {
      'no stream guard': [
        broken.noStreamGuard,
        /a version between was skipped|a stale version was recorded/,
      ],
    },
  },
  {
    name: 'write skew: of a listing and the payment that forbids it, one is recorded',
    check: checks.writeSkew,
    broken: { 'one expected version only': [broken.oneExpectedVersion, /both were recorded/] },
  },
  {
    name: 'a poisonous command in a batch of good ones fails alone',
    check: checks.poisonousCommand,
    broken: { 'one failure fails the batch': [broken.failsTogether, /a good command failed/] },
  },
  {
    name: 'the events of a command are recorded together, or none',
    check: checks.allOrNone,
    broken: { 'events appended one by one': [broken.oneByOne, /half a command is recorded/] },
  },
  {
    name: 'what is acknowledged can be read at once',
    check: checks.acknowledgedIsReadable,
    broken: {
      'acknowledged before commit': [broken.acknowledgedBeforeCommit, /acknowledged and not there/],
    },
  },
  {
    name: 'the envelope says what the ledger added, and the leaf is its hash',
    check: checks.envelopes,
    broken: {
      'another text than the one hashed': [broken.anotherText, /not the text that was hashed/],
    },
  },
  {
    name: 'prev chains each bucket, and the head says where each bucket stands',
    check: checks.bucketsAreChained,
    broken: {
      'prev is the position before': [
        broken.prevIsThePositionBefore,
        /prev is not the fact before/,
      ],
    },
  },
  {
    name: 'a bulk append has the outcomes of appends one by one',
    check: checks.bulkAppend,
    broken: { 'bulk without keys': [broken.bulkWithoutKeys, /a retry in bulk was not known/] },
  },
  {
    name: 'whoever waits for growth is woken; a position is found by its time',
    check: checks.growthAndTime,
    broken: { 'never woken': [broken.neverWoken, /not woken/] },
  },
];
