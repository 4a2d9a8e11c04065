import type { Identifier, ReceiptPoint, StatusRequest } from '@writ/contracts';
import { decodeToken } from '@writ/contracts';
import { record, refuse, type Decision } from '@writ/decider';
import { checkIdentifier, type IdentifierRefusal, type SchemeDeclaration } from '@writ/identifiers';
import { Type, type TSchema } from '@sinclair/typebox';
import { Ajv, type ValidateFunction } from 'ajv';
import type { Question } from '../answer/answer.js';
import { MAX_AGE_SECONDS } from '../answer/staleness.js';

const closed = { additionalProperties: false };
const CODE = '^[a-z0-9][a-z0-9._:-]{0,119}$';
export const Code = Type.String({ pattern: CODE });
/** Seconds; at most a year. */
export const MaxAge = Type.Integer({ minimum: 0, maximum: 31_536_000 });
const SubjectId = Type.String({ pattern: '^[0-9a-f]{32}$' });

export const IdentifierBody = Type.Object(
  { scheme: Type.String({ maxLength: 120 }), value: Type.String({ maxLength: 200 }) },
  closed,
);

/** Who is asked about: an identifier, or a subject id by those who hold one. */
export const whoProperties = {
  identifier: Type.Optional(IdentifierBody),
  subject: Type.Optional(SubjectId),
};

export const StatusBody = Type.Object(
  {
    subjects: Type.Array(
      Type.Object(
        {
          ...whoProperties,
          measures: Type.Optional(Type.Array(Code, { maxItems: 50, uniqueItems: true })),
          place: Type.Optional(Code),
        },
        closed,
      ),
      { minItems: 1, maxItems: 1_000 },
    ),
    purpose: Code,
    atLeast: Type.Optional(Type.Array(Type.String({ maxLength: 200 }), { maxItems: 50 })),
    settled: Type.Optional(Type.Boolean()),
    maxAge: Type.Optional(MaxAge),
    timeout: Type.Optional(Type.Integer({ minimum: 0, maximum: 60_000 })),
    receipt: Type.Optional(Type.Boolean()),
  },
  closed,
);

export type RequestRefusal =
  | 'request_is_malformed'
  | 'identifier_or_subject_is_required'
  | 'receipt_is_not_a_token'
  | IdentifierRefusal;

/** Who to look up: by alias of the normalised identifier, or by subject id. */
export type Who = { scheme: string; normalised: string } | { subject: string };

export type Asked = { who: Who; question: Question };

export type StatusCommand = {
  asked: Asked[];
  purpose: string;
  points: ReceiptPoint[];
  settled: boolean;
  maxAgeMs: number;
  timeoutMs: number;
  receipt: boolean;
};

// No coercion, no defaults, nothing removed: what was sent is judged as it was sent.
const ajv = new Ajv({ strict: true, allErrors: false });

/** @returns a check that gives the JSON Pointer of the first field at fault */
export function bodyCheck<T>(schema: TSchema): (body: unknown) => Decision<T, RequestRefusal> {
  const validate: ValidateFunction = ajv.compile(schema);
  return (body) => {
    if (validate(body)) return record(body as T);
    const [error] = validate.errors ?? [];
    const property = error?.params as { additionalProperty?: string; missingProperty?: string };
    const last = property?.additionalProperty ?? property?.missingProperty;
    const pointer = (error?.instancePath ?? '') + (last === undefined ? '' : `/${pointed(last)}`);
    return refuse('request_is_malformed', pointer);
  };
}

const checkStatusBody = bodyCheck<StatusRequest>(StatusBody);
const TIMEOUT_MS = 5_000;

/**
 * Reads a status request: closed, every identifier well formed, every token one of ours.
 *
 * @param declared schemes declared as data at the identity service
 */
export function readStatusRequest(
  body: unknown,
  declared: ReadonlyMap<string, SchemeDeclaration>,
): Decision<StatusCommand, RequestRefusal> {
  const checked = checkStatusBody(body);
  if (checked.kind === 'refuse') return checked;
  const request = checked.events[0]!;
  const asked: Asked[] = [];
  for (const [index, subject] of request.subjects.entries()) {
    const who = readWho(subject, declared, `/subjects/${index}`);
    if (who.kind === 'refuse') return who;
    const { measures = [], place } = subject;
    const scheme = subject.identifier?.scheme;
    asked.push({
      who: who.events[0]!,
      question: { measures, ...(place ? { place } : {}), ...(scheme ? { scheme } : {}) },
    });
  }
  const points = readTokens(request.atLeast ?? [], '/atLeast');
  if (points.kind === 'refuse') return points;
  return record({
    asked,
    purpose: request.purpose,
    points: [...points.events],
    settled: request.settled ?? false,
    maxAgeMs: (request.maxAge ?? MAX_AGE_SECONDS) * 1_000,
    timeoutMs: request.timeout ?? TIMEOUT_MS,
    receipt: request.receipt ?? false,
  });
}

/** Exactly one of identifier and subject; the identifier well formed. */
export function readWho(
  given: { identifier?: Identifier; subject?: string },
  declared: ReadonlyMap<string, SchemeDeclaration>,
  pointer: string,
): Decision<Who, RequestRefusal> {
  const { identifier, subject } = given;
  if ((identifier === undefined) === (subject === undefined)) {
    return refuse('identifier_or_subject_is_required', pointer);
  }
  if (subject !== undefined) return record({ subject });
  const { scheme, value } = identifier!;
  const checked = checkIdentifier(scheme, value, declared);
  if (!checked.ok) return refuse(checked.reason, `${pointer}/identifier${checked.field}`);
  return record({ scheme, normalised: checked.normalised });
}

/** @returns the points that tokens name */
export function readTokens(
  tokens: readonly string[],
  pointer: string,
): Decision<ReceiptPoint, RequestRefusal> {
  const points: ReceiptPoint[] = [];
  for (const [index, token] of tokens.entries()) {
    const point = decodeToken(token);
    if (!point) return refuse('receipt_is_not_a_token', `${pointer}/${index}`);
    points.push(point);
  }
  return record(...points);
}

function pointed(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
