import type { LedgerName, NewFact } from '@writ/contracts';
import { openLedgerWriter, type BulkCommand, type LedgerWriter } from '@writ/ledger';
import {
  benchId,
  listingAmended,
  listingOf,
  listingTakenIn,
  measuresDecided,
  subjectDelisted,
  subjectListed,
} from '../bench-facts.js';
import { serveSide } from '../side.process.js';

export type FillSetup = { writers: Record<LedgerName, string> };
/** Four facts per subject over three ledgers, and so many amendments more. */
export type FillQuestion = { subjects: number; amendments?: number };

const BLOCK = 2_500;
/** A listing ends (or is amended) so many subjects after it began: the mix stays the same. */
const LAG = 4 * BLOCK;

serveSide<FillSetup, FillQuestion, Record<LedgerName, number>>(async ({ writers }) => {
  const clock = { now: () => new Date() };
  const open = (ledger: LedgerName) =>
    openLedgerWriter({ ledger, connection: writers[ledger], clock });
  const ledgers: Record<LedgerName, LedgerWriter> = {
    court: open('court'),
    regulatory: open('regulatory'),
    enforcement: open('enforcement'),
  };
  const counts: Record<LedgerName, number> = { court: 0, regulatory: 0, enforcement: 0 };
  const append = async (ledger: LedgerName, commands: BulkCommand[]) => {
    if (commands.length === 0) return;
    const outcomes = await ledgers[ledger].appendBulk(commands);
    if (!outcomes.every(({ outcome }) => outcome === 'recorded')) throw new Error('not recorded');
    counts[ledger] += commands.length;
  };
  /** The first fact about these subjects in each ledger. */
  const begin = (numbers: readonly number[]) =>
    Promise.all([
      append('court', numbers.map((n) => commandOf(`listing-${listingOf(n)}`, 0, subjectListed(n)))),
      append('regulatory', numbers.map((n) => commandOf(entry(n), 0, listingTakenIn(n)))),
      append('enforcement', numbers.map((n) => commandOf(cause(n), 0, measuresDecided(n, n)))),
    ]); // prettier-ignore
  /** Half of the listings end, half of the entries are amended. */
  const go = (numbers: readonly number[]) => {
    const even = numbers.filter((n) => n % 2 === 0);
    const odd = numbers.filter((n) => n % 2 === 1);
    return Promise.all([
      append('court', even.map((n) => commandOf(`listing-${listingOf(n)}`, 1, subjectDelisted(n)))),
      append('regulatory', odd.map((n) => commandOf(entry(n), 1, listingAmended(n)))),
    ]); // prettier-ignore
  };
  return {
    answer: async ({ subjects, amendments = 0 }) => {
      for (let from = 0; from < subjects + LAG; from += BLOCK) {
        await begin(range(from, Math.min(from + BLOCK, subjects)));
        await go(range(Math.max(0, from - LAG), Math.min(from - LAG + BLOCK, subjects)));
      }
      for (let more = 0; more < amendments; more++) {
        for (let from = 0; from < subjects; from += BLOCK) {
          const numbers = range(from, Math.min(from + BLOCK, subjects));
          // Those that were amended already stand a version further.
          const amended = numbers.map((n) =>
            commandOf(entry(n), 1 + (n % 2) + more, listingAmended(n)),
          );
          await append('regulatory', amended);
        }
      }
      return counts;
    },
    close: async () => {
      await Promise.all(Object.values(ledgers).map((ledger) => ledger.close()));
    },
  };
});

function entry(n: number): string {
  return `entry-${benchId('entry', n)}`;
}

function cause(n: number): string {
  return `cause-court-${listingOf(n)}`;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at);
}

function commandOf(stream: string, version: number, event: NewFact): BulkCommand {
  const key = `bench/${stream}/${version}`;
  return { key, fingerprint: 'bench', expect: [{ stream, version }], write: [{ stream, event }] };
}
