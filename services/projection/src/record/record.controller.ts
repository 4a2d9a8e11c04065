import { Body, Controller, Headers, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation } from '@nestjs/swagger';
import { Type } from '@sinclair/typebox';
import {
  bucketOf,
  POSITION_KEYS,
  type LedgerName,
  type ReceiptPoint,
  type RecordRequest,
  type RecordResponse,
} from '@writ/contracts';
import { problemOf } from '@writ/service-host';
import { legalTimeOf } from '../answer/answer.js';
import { currentTo, everyBucket, MAX_AGE_SECONDS } from '../answer/staleness.js';
import { LIVE_CONSUMER } from '../projection.consumer.js';
import { PROJECTION_PARTS, type ProjectionParts } from '../projection-parts.process.js';
import { bucketsRead, positionOf } from '../store/progress.js';
import { ALL_SUBJECT_BUCKETS, hasReached } from '../status/answer-status.js';
import { askerOf, MALFORMED, lookupOf } from '../status/status.server.js';
import {
  bodyCheck,
  Code,
  MaxAge,
  readTokens,
  readWho,
  whoProperties,
  type Who,
} from '../status/status-request.js';
import { whenReached } from '../status/when-reached.process.js';
import { readTimes, whenAnswered, type AskedTimes } from '../times.js';
import { describeRecord, type RecordRead } from './describe-record.js';
import {
  atOneMoment,
  readHistory,
  readQuarantine,
  readReference,
  type KeptFact,
} from './history.postgres.js';
import { ageAsked, knownPositions } from './known-at.postgres.js';

const closed = { additionalProperties: false };
const Position = Type.Integer({ minimum: -1 });

export const RecordBody = Type.Object(
  {
    ...whoProperties,
    purpose: Code,
    measures: Type.Optional(Type.Array(Code, { maxItems: 50, uniqueItems: true })),
    place: Type.Optional(Code),
    asOf: Type.Optional(Type.String({ maxLength: 40 })),
    zone: Type.Optional(Type.String({ maxLength: 60 })),
    knownAt: Type.Optional(
      Type.Union([
        Type.String({ maxLength: 100 }),
        Type.Object(
          Object.fromEntries(POSITION_KEYS.map((key) => [key, Type.Optional(Position)])),
          { ...closed, minProperties: 1 },
        ),
      ]),
    ),
    atLeast: Type.Optional(Type.Array(Type.String({ maxLength: 200 }), { maxItems: 50 })),
    settled: Type.Optional(Type.Boolean()),
    maxAge: Type.Optional(MaxAge),
    timeout: Type.Optional(Type.Integer({ minimum: 0, maximum: 60_000 })),
  },
  closed,
);

const checkBody = bodyCheck<RecordRequest>(RecordBody);
const TIMEOUT_MS = 5_000;

/** The whole record: for courts, auditors and the subject; not for the counter. */
@Controller('projection/v1/record')
export class RecordController {
  constructor(@Inject(PROJECTION_PARTS) private readonly parts: ProjectionParts) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Causes, bases and history, at a legal time, as known at another.' })
  @ApiHeader({ name: 'Writ-Authority', required: false })
  @ApiHeader({ name: 'Writ-Actor', required: false })
  @ApiBody({ schema: RecordBody as object })
  async record(
    @Body() body: unknown,
    @Headers() headers: Record<string, string | undefined> = {},
  ): Promise<RecordResponse> {
    const asked = await this.read(body);
    const { timeout: timeoutMs = TIMEOUT_MS, settled = false } = asked.request;
    const lookups = [lookupOf(asked.who, this.parts.aliasKey)];
    const waiting = { points: asked.points, lookups, timeoutMs };
    const { response, answeredAt } = await whenReached(waiting, this.parts, async () => {
      const answered = await this.answer(asked);
      return settled && !answered?.isSettled ? undefined : answered;
    });
    await this.keep(asked, response, { answeredAt, ...askerOf(headers) });
    return response;
  }

  /** @throws Problem for what is malformed */
  private async read(body: unknown): Promise<Asked> {
    const checked = checkBody(body);
    if (checked.kind === 'refuse') throw problemOf(checked.refusal, MALFORMED);
    const request = checked.events[0]!;
    const who = await this.parts.schemes.reading((declared) => readWho(request, declared, ''));
    if (who.kind === 'refuse') throw problemOf(who.refusal, MALFORMED);
    const points = readTokens(request.atLeast ?? [], '/atLeast');
    if (points.kind === 'refuse') throw problemOf(points.refusal, MALFORMED);
    const times = readTimes(request, this.parts.clock.now().toISOString(), '');
    if (times.kind === 'refuse') {
      const { refusal } = times;
      throw problemOf(refusal, { [refusal.reason]: 400 });
    }
    return { who: who.events[0]!, request, times: times.events[0]!, points: points.events };
  }

  /** Who looked at whose record, and what for, is kept before they see it. */
  private async keep(
    { request, who }: Asked,
    { subject, position, answers }: RecordResponse,
    by: { answeredAt: string; asker: string; actor?: string },
  ): Promise<void> {
    const { purpose, place } = request;
    const entry = { answer: this.parts.ids.next(), asked: 'record' as const, purpose };
    const about = {
      ...(subject === undefined ? {} : { subject }),
      ...('scheme' in who ? { scheme: who.scheme } : {}),
      ...(place === undefined ? {} : { place }),
    };
    await this.parts.journal.write([{ ...entry, ...about, ...by, position, answers }]);
  }

  /** @returns undefined where it does not stand yet where it was asked to */
  private answer({ who, request, times, points }: Asked): Promise<Answered | undefined> {
    const { measures = [], place, identifier, maxAge = MAX_AGE_SECONDS } = request;
    const question = {
      measures,
      ...(place ? { place } : {}),
      ...(identifier ? { scheme: identifier.scheme } : {}),
    };
    const { knownAt } = times;
    const now = this.parts.clock.now();
    const when = whenAnswered(times.when, now);
    return atOneMoment(this.parts.reader, async (db, progress) => {
      const subject = await this.subjectOf(db, who);
      const ofSubject = subject === undefined ? {} : { subject };
      // Looked up anew: since the receipts were seen reached the identifier may be another's.
      if (hasReached(points, { progress, found: [ofSubject] }) !== 'reached') return undefined;
      const bucketsOf = (ledger: LedgerName) =>
        subject === undefined ? everyBucket(ledger) : bucketsRead(ledger, bucketOf(subject));
      const buckets = subject === undefined ? ALL_SUBJECT_BUCKETS : [bucketOf(subject)];
      const folded = positionOf(progress, buckets);
      const asked = await knownPositions(db, progress.set, knownAt, folded);
      if (!asked) return undefined;
      const known = asked.positions;
      const history = subject === undefined ? [] : await readHistory(db, progress.set, subject);
      const items = await readReference(db, progress.set, caseKeys(history), [
        'list/',
        'memorandum/',
      ]);
      const aside = await readQuarantine(db, LIVE_CONSUMER, [subject ?? '', '']);
      const age = ageAsked(asked, { now, maxAgeMs: maxAge * 1_000 });
      const read: RecordRead = { ...ofSubject, history, items, aside, progress };
      const given = { known, when, ...(age ? { age } : {}) };
      const { isSettled, ...described } = describeRecord(read, given, question);
      const stands = { position: known, currentTo: currentTo(progress, bucketsOf) };
      const response = { ...ofSubject, asOf: legalTimeOf(when), ...stands, ...described };
      return { response, isSettled, answeredAt: now.toISOString() };
    });
  }

  private async subjectOf(
    db: { query: ProjectionParts['reader']['query'] },
    who: Who,
  ): Promise<string | undefined> {
    const lookup = lookupOf(who, this.parts.aliasKey);
    if ('subject' in lookup) return lookup.subject;
    const { rows } = await db.query<{ subject: string }>(
      `SELECT subject FROM projection.alias WHERE alias = decode($1, 'hex')`,
      [lookup.alias],
    );
    return rows[0]?.subject.replaceAll('-', '');
  }
}

type Asked = {
  who: Who;
  request: RecordRequest;
  times: AskedTimes;
  points: readonly ReceiptPoint[];
};

type Answered = { response: RecordResponse; isSettled: boolean; answeredAt: string };

/** Keys of the cases that a history names. */
function caseKeys(history: readonly KeptFact[]): string[] {
  return history.flatMap(({ data }) => {
    const { case: caseId } = data as { case?: string };
    return caseId === undefined ? [] : [`case/${caseId}`];
  });
}
