import type { KeyObject } from 'node:crypto';
import type { MeasureAnswer, StatusResponse } from '@writ/contracts';
import { aliasOf } from '@writ/identifiers';
import { problemOf, type Clock, type Ids } from '@writ/service-host';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { DeclaredSchemes } from '../aliases/declared-schemes.postgres.js';
import type { AnswerJournal, JournalEntry } from './answer-journal.postgres.js';
import { answerStatus, type Answered, type Snapshot } from './answer-status.js';
import type { Movements } from './movements.process.js';
import type { ReferenceCopy } from './reference-copy.postgres.js';
import type { Lookup, SnapshotReader } from './snapshot.postgres.js';
import { STATUS_OPERATION } from './status-operation.js';
import { readStatusRequest, type StatusCommand, type Who } from './status-request.js';
import { whenReached } from './when-reached.process.js';

export const STATUS_PATH = '/projection/v1/status';

export type StatusParts = {
  clock: Clock;
  ids: Ids;
  aliasKey: KeyObject;
  schemes: DeclaredSchemes;
  snapshots: SnapshotReader;
  references: ReferenceCopy;
  movements: Movements;
  journal: AnswerJournal;
};

/**
 * `POST /projection/v1/status`: a plain route, since the counter waits for it. Validation by ajv,
 * one statement, the journal where the answer has to be remembered.
 */
export function serveStatus(fastify: FastifyInstance, parts: StatusParts): void {
  const config = { openApi: STATUS_OPERATION };
  fastify.post(STATUS_PATH, { config }, async (request, reply) => {
    const response = await status(request, parts);
    return reply.header('content-type', 'application/json; charset=utf-8').send(response);
  });
}

async function status(request: FastifyRequest, parts: StatusParts): Promise<string> {
  const { body } = request;
  const read = await parts.schemes.reading((declared) => readStatusRequest(body, declared));
  if (read.kind === 'refuse') throw problemOf(read.refusal, { ...MALFORMED });
  const command = read.events[0]!;
  const answered = await answerWhenReached(command, parts);
  const answerIds = await journal(command, answered, request, parts);
  const response: StatusResponse = {
    answers: answered.answers.map(({ measures, position }, index) => {
      const answerId = answerIds[index];
      const told = { measures: [...measures], position };
      return answerId === undefined ? told : { ...told, answerId };
    }),
    position: answered.position,
    currentTo: answered.currentTo,
  };
  return JSON.stringify(response);
}

/** What cannot be read at all is 400, as everywhere. */
export const MALFORMED = {
  request_is_malformed: 400,
  identifier_or_subject_is_required: 400,
  receipt_is_not_a_token: 400,
  scheme_is_unknown: 400,
  identifier_is_malformed: 400,
  birth_date_does_not_exist: 400,
  checksum_does_not_match: 400,
} as const;

/** An answer, what it rests on, and when it was made: after all waiting. */
type AnsweredFrom = Answered & { snapshot: Snapshot; answeredAt: Date };

/** Never an older answer than asked for: it waits, or says that it did not get there. */
function answerWhenReached(command: StatusCommand, parts: StatusParts): Promise<AnsweredFrom> {
  const { asked, points, timeoutMs, maxAgeMs, settled } = command;
  const lookups = asked.map(({ who }) => lookupOf(who, parts.aliasKey));
  return whenReached({ points, lookups, timeoutMs }, parts, (snapshot, reference) => {
    const now = parts.clock.now();
    const answered = answerStatus(asked, snapshot, reference, { now, maxAgeMs });
    if (settled && !answered.settled) return undefined;
    return { ...answered, snapshot, answeredAt: now };
  });
}

/** @returns the alias, or the id by those who hold one */
export function lookupOf(who: Who, aliasKey: KeyObject): Lookup {
  return 'subject' in who ? who : { alias: aliasOf(aliasKey, who.scheme, who.normalised) };
}

/** @returns per question the id it is journalled under; undefined where it need not be */
async function journal(
  command: StatusCommand,
  answered: AnsweredFrom,
  request: FastifyRequest,
  { ids, journal: kept }: StatusParts,
): Promise<(string | undefined)[]> {
  const entries: JournalEntry[] = [];
  const answerIds = answered.answers.map(({ measures: answers, position }, index) => {
    if (!command.receipt && answers.every(isPlain)) return undefined;
    const answer = ids.next();
    const { question } = command.asked[index]!;
    const { subject } = answered.snapshot.found[index]!;
    const { scheme, place } = question;
    entries.push({
      answer,
      asked: 'status',
      answeredAt: answered.answeredAt.toISOString(),
      ...askerOf(request.headers),
      purpose: command.purpose,
      ...(subject ? { subject } : {}),
      ...(scheme ? { scheme } : {}),
      ...(place ? { place } : {}),
      position,
      answers,
    });
    return answer;
  });
  if (entries.length > 0) await kept.write(entries);
  return answerIds;
}

function isPlain({ answer }: MeasureAnswer): boolean {
  return answer === 'NOT_RESTRICTED';
}

const CODE = /^[a-z0-9][a-z0-9._:-]{0,119}$/;

/** Unverified until authentication comes; what is no code is not kept. */
export function askerOf(headers: FastifyRequest['headers']): { asker: string; actor?: string } {
  const code = (name: string) => {
    const value = headers[name];
    return typeof value === 'string' && CODE.test(value) ? value : undefined;
  };
  const actor = code('writ-actor');
  return { asker: code('writ-authority') ?? 'not-stated', ...(actor ? { actor } : {}) };
}
