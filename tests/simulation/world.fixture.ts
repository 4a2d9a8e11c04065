import type { Fact, LedgerName, NewFact } from '@writ/contracts';
import { readCaseFile, readListing } from '@writ/court/case/case-file';
import { establishObligation } from '@writ/court/case/establish-obligation';
import { openCase } from '@writ/court/case/open-case';
import { recordPerformance } from '@writ/court/case/record-performance';
import { serveNotice } from '@writ/court/case/serve-notice';
import type { CourtContext, CourtWrite } from '@writ/court/court-context';
import { annul } from '@writ/court/listing/annul';
import { delist } from '@writ/court/listing/delist';
import { listSubject } from '@writ/court/listing/list-subject';
import {
  handle,
  type Decision,
  type HandleResult,
  type ReadStream,
  type StreamWrite,
} from '@writ/decider';
import { MINIMUM } from '@writ/law';
import { openMemoryLedger, type MemoryLedger, type RecordedFact } from '@writ/ledger';
import { declareList } from '@writ/regulatory/list/declare-list';
import { listOf, listStream } from '@writ/regulatory/list/list';
import { memorandumOf, memorandumStream } from '@writ/regulatory/memorandum/memorandum';
import {
  recordMemorandum,
  recordMemorandumVersion,
} from '@writ/regulatory/memorandum/record-memorandum';
import { fixedClock, noJitter, seededIds } from '@writ/testkit';

export const AIR = 'travel.air';
export const LIST = 'cn.spc.judgment-defaulters';
const MEMORANDUM = 'cn.made-up-2016';
const ZONE = 'Asia/Shanghai';
const CASES = 6;
const SUBJECTS = 4;
const HOUR_MS = 3_600_000;

type Ask = (read: ReadStream<RecordedFact>) => Promise<Decision<StreamWrite<NewFact>, string>>;
type Command = { ledger: LedgerName; key: string; fingerprint: string; ask: Ask };

/** A few made-up people with a few cases; every command is drawn from one random source. */
export class World {
  readonly clock = fixedClock('2026-03-02T02:00:00.000Z');
  readonly ledgers: Readonly<Record<LedgerName, MemoryLedger>>;
  readonly subjects: readonly string[];
  private readonly ids = seededIds('simulation');
  private readonly cases: { id: string; debtor: string; debt: string; notice: string }[];
  private readonly done: Command[] = [];
  private memorandumVersions = 0;
  /** Retries tried, and commands refused or recorded: what a run did. */
  readonly told = { recorded: 0, refused: 0, retried: 0, reused: 0 };

  constructor(private readonly random: () => number) {
    const { clock } = this;
    this.ledgers = {
      court: openMemoryLedger({ ledger: 'court', clock }),
      regulatory: openMemoryLedger({ ledger: 'regulatory', clock }),
      enforcement: openMemoryLedger({ ledger: 'enforcement', clock }),
    };
    this.subjects = Array.from({ length: SUBJECTS }, () => this.ids.next());
    this.cases = Array.from({ length: CASES }, (_, n) => ({
      id: this.ids.next(),
      debtor: this.subjects[n % (SUBJECTS - 1)] ?? '',
      debt: this.ids.next(),
      notice: this.ids.next(),
    }));
  }

  now(): string {
    return this.clock.now().toISOString();
  }

  /** Somebody does something, sensible or not. */
  async act(): Promise<void> {
    this.clock.advance(HOUR_MS / 60);
    const dice = this.random();
    if (dice < 0.1) return this.retry();
    const ledger = dice < 0.25 ? 'regulatory' : 'court';
    const ask = ledger === 'court' ? this.courtAsk() : this.regulatoryAsk();
    const key = this.ids.next();
    const command = { ledger, key, fingerprint: key, ask } as const;
    const result = await this.give(command);
    this.done.push(command);
    this.told[result.kind]++;
  }

  /** I6: the same command again changes nothing; its key with another body is refused. */
  private async retry(): Promise<void> {
    const command = this.pick(this.done);
    if (!command) return;
    const { ledger } = command;
    const known = await this.ledgers[ledger].writer.findKey(command.key);
    // What was refused left nothing: it may well be recorded now.
    if (!known) return;
    const { size } = await this.ledgers[ledger].reader.head();
    const again = await this.give(command);
    if (again.kind !== 'recorded' || !again.repeated) throw new Error('a retry is not known');
    const reused = await this.give({ ...command, fingerprint: 'another-body' });
    if (reused.kind !== 'refused') throw new Error('a key with another body is not refused');
    const after = await this.ledgers[ledger].reader.head();
    if (after.size !== size) throw new Error('a retry has recorded');
    this.told.retried++;
    this.told.reused++;
  }

  private give({
    ledger,
    key,
    fingerprint,
    ask,
  }: Command): Promise<HandleResult<RecordedFact, string>> {
    const { writer } = this.ledgers[ledger];
    return handle(writer, { key, fingerprint }, ask, { jitter: noJitter });
  }

  private courtAsk(): Ask {
    const one = this.pick(this.cases);
    if (!one) throw new Error('there are cases');
    const { id, debtor, debt, notice } = one;
    const context = this.context();
    const dice = this.random();
    const performance = this.ids.next();
    const amount = { amount: this.pick(['0.01', '400', '1000', '1000']) ?? '', currency: 'CNY' };
    const day = { date: '2026-03-02', zone: ZONE };
    const listing = `${id}-${1 + Math.floor(this.random() * 2)}`;
    return async (read): Promise<Decision<CourtWrite, string>> => {
      const file = await readCaseFile(read, id);
      if (file.case.status === 'unknown') {
        const instrument = {
          kind: 'judgment',
          numberRef: id,
          issuer: 'cn.court.made-up',
          effectiveOn: { date: '2026-01-10', zone: ZONE },
        } as const;
        return openCase(file.case, { case: id, caseNumberRef: id, instrument }, context);
      }
      if (!file.case.obligations.has(debt)) {
        const debtors = [{ obligation: debt, subject: debtor }];
        const owed = { kind: 'pay', amount: { amount: '1000.00', currency: 'CNY' } } as const;
        return establishObligation(file.case, { debtors, ...owed, jointWith: id }, context);
      }
      if (file.case.notices.size === 0) {
        const served = {
          kind: 'enforcement-notice',
          method: 'personal',
          servedOn: '2026-02-01',
        } as const;
        return serveNotice(file.case, { subject: debtor, notice, ...served }, context);
      }
      if (dice < 0.5) {
        const order = {
          subject: debtor,
          list: LIST,
          obligations: [debt],
          notice,
          ground: 'cn.spc.g1.able-but-refuses',
          effectiveFrom: day,
        };
        return listSubject(file, order, context);
      }
      if (dice < 0.8) {
        const paid = { performance, obligation: debt, amount, performedOn: '2026-03-02' };
        return recordPerformance(file, paid, context);
      }
      const known = await readListing(read, listing);
      return dice < 0.85
        ? annul(known, { reason: 'decision-void' }, context)
        : delist(known, { reason: 'creditor-consent' }, context);
    };
  }

  private regulatoryAsk(): Ask {
    const { envelope, now } = this.context();
    const covered = {
      schemes: ['cn.resident-id'],
      places: ['cn'],
      from: { date: '2013-10-01', zone: ZONE },
    };
    const declaration = {
      list: LIST,
      kind: 'restrictive',
      title: 'Made up',
      issuer: envelope.authority,
      jurisdiction: 'cn',
      coverage: covered,
    } as const;
    // Every third version imposes nothing.
    const imposes = ++this.memorandumVersions % 3 > 0;
    const row = {
      row: 'm1',
      list: LIST,
      effect: 'restriction',
      measure: AIR,
      implementer: 'cn.caac',
      legalBasis: 'Made up',
      admits: 'decided',
    } as const;
    const submission = {
      memorandum: MEMORANDUM,
      title: 'Made up',
      effectiveFrom: { date: '2016-01-20', zone: ZONE },
      rows: imposes ? [row] : [],
    };
    return async (read) => {
      const list = listOf(await read(listStream(LIST)));
      if (list.status === 'undeclared') return declareList(list, declaration, envelope);
      const memorandum = memorandumOf(await read(memorandumStream(MEMORANDUM)));
      const record = memorandum.status === 'unknown' ? recordMemorandum : recordMemorandumVersion;
      const declared = { lists: new Map([[LIST, list]]), others: [], now };
      return record(memorandum, declared, submission, envelope);
    };
  }

  private context(): CourtContext {
    const actor = { kind: 'system', id: 'simulation', verified: false } as const;
    const source = { kind: 'api' } as const;
    const correlation = this.ids.next();
    const envelope = { authority: 'cn.court.made-up', actor, source, correlation };
    return { envelope, now: this.clock.now(), zone: ZONE, law: MINIMUM };
  }

  private pick<T>(from: readonly T[]): T | undefined {
    return from[Math.floor(this.random() * from.length)];
  }
}

export const factsIn = async ({ reader }: MemoryLedger): Promise<Fact[]> =>
  (await reader.readFrom(-1, 100_000)).facts.map(({ canonical }) => JSON.parse(canonical) as Fact);
