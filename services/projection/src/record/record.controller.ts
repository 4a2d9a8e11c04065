import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiBody, ApiOperation } from '@nestjs/swagger';
import { Type } from '@sinclair/typebox';
import { bucketOf, LEDGERS, type RecordRequest, type RecordResponse } from '@writ/contracts';
import { problemOf } from '@writ/service-host';
import { legalTimeOf } from '../answer/answer.js';
import { LIVE_CONSUMER } from '../projection.consumer.js';
import { PROJECTION_PARTS, type ProjectionParts } from '../projection-parts.process.js';
import { bucketsRead, standsAt } from '../store/progress.js';
import { MALFORMED, lookupOf } from '../status/status.server.js';
import {
  bodyCheck,
  Code,
  readTokens,
  readWho,
  whoProperties,
  type Who,
} from '../status/status-request.js';
import { readTimes, type AskedTimes } from '../times.js';
import { describeRecord, type RecordRead } from './describe-record.js';
import { atOneMoment, readHistory, readQuarantine, readReference } from './history.postgres.js';
import { knownPositions, type Positions } from './known-at.postgres.js';
import { waitForPoints } from './wait-for-points.process.js';

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
          Object.fromEntries(LEDGERS.map((ledger) => [ledger, Type.Optional(Position)])),
          { ...closed, minProperties: 1 },
        ),
      ]),
    ),
    atLeast: Type.Optional(Type.Array(Type.String({ maxLength: 200 }), { maxItems: 50 })),
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
  @ApiBody({ schema: RecordBody as object })
  async record(@Body() body: unknown): Promise<RecordResponse> {
    const checked = checkBody(body);
    if (checked.kind === 'refuse') throw problemOf(checked.refusal, MALFORMED);
    const request = checked.events[0]!;
    const declared = await this.parts.schemes.knowing([request.identifier?.scheme]);
    const who = readWho(request, declared, '');
    if (who.kind === 'refuse') throw problemOf(who.refusal, MALFORMED);
    const points = readTokens(request.atLeast ?? [], '/atLeast');
    if (points.kind === 'refuse') throw problemOf(points.refusal, MALFORMED);
    const times = readTimes(request, this.parts.clock.now().toISOString(), '');
    if (times.kind === 'refuse') {
      const { refusal } = times;
      throw problemOf(refusal, { [refusal.reason]: 400 });
    }
    const lookups = [lookupOf(who.events[0]!, this.parts.aliasKey)];
    await waitForPoints(points.events, lookups, request.timeout ?? TIMEOUT_MS, this.parts);
    return this.answer(who.events[0]!, request, times.events[0]!);
  }

  private answer(who: Who, request: RecordRequest, times: AskedTimes): Promise<RecordResponse> {
    const { measures = [], place, identifier } = request;
    const question = {
      measures,
      ...(place ? { place } : {}),
      ...(identifier ? { scheme: identifier.scheme } : {}),
    };
    return atOneMoment(this.parts.reader, async (db, progress) => {
      const subject = await this.subjectOf(db, who);
      const folded = Object.fromEntries(
        LEDGERS.map((ledger) => {
          const buckets = subject === undefined ? [32] : bucketsRead(ledger, bucketOf(subject));
          return [ledger, standsAt(progress, ledger, buckets)];
        }),
      ) as Positions;
      const known = await knownPositions(db, progress.set, times.knownAt, folded);
      const history = subject === undefined ? [] : await readHistory(db, progress.set, subject);
      const cases = history.flatMap(({ data }) => {
        const { case: caseId } = data as { case?: string };
        return caseId === undefined ? [] : [`case/${caseId}`];
      });
      const items = await readReference(db, progress.set, cases, ['list/', 'memorandum/']);
      const waiting = subject === undefined ? [] : await readQuarantine(db, LIVE_CONSUMER, subject);
      const aside = waiting.find(({ ledger, firstPosition }) => firstPosition <= known[ledger]);
      const assessed =
        subject === undefined ? undefined : progress.of('enforcement', bucketOf(subject)).assessed;
      const read: RecordRead = {
        ...(subject === undefined ? {} : { subject }),
        history,
        items,
        ...(assessed ? { assessed } : {}),
        ...(aside ? { quarantinedSince: aside.since } : {}),
      };
      const asOf = legalTimeOf(times.when);
      const described = describeRecord(read, known, times.when, question);
      return { ...(subject === undefined ? {} : { subject }), asOf, position: known, ...described };
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
