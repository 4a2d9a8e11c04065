import type { Refusal } from '@writ/decider';

/** RFC 9457, as every endpoint answers what it does not do. */
export type ProblemDocument = {
  /** `urn:writ:problem:` and the reason with dashes: stable. */
  type: string;
  title: string;
  status: number;
  detail: string;
  /** JSON Pointer into the request body (or `/headers/…`, `/query/…`). */
  field?: string;
  /** `urn:writ:correlation:<id>`, the same id as in the logs. */
  instance: string;
};

export type ProblemStatus = 400 | 404 | 409 | 412 | 413 | 415 | 422 | 503;

/** Thrown at the edge (controllers, clients) and answered as problem+json; decisions refuse. */
export class Problem extends Error {
  constructor(
    readonly status: ProblemStatus,
    readonly reason: string,
    readonly field?: string,
    readonly detail?: string,
  ) {
    super(reason);
  }
}

/** Refusals every recording endpoint can give, and how HTTP calls them. */
const STATUS_OF_REASON: Readonly<Record<string, ProblemStatus>> = {
  version_is_stale: 409,
  too_much_contention: 409,
  key_reused_with_another_body: 422,
};

/** Where they are at home in every request. */
const FIELD_OF_REASON: Readonly<Record<string, string>> = {
  key_reused_with_another_body: '/headers/idempotency-key',
};

/**
 * @param statuses what else than 422 the service's own reasons answer, e.g. `{ unknown_case: 404 }`
 */
export function problemOf<R extends string>(
  refusal: Refusal<R>,
  statuses?: Readonly<Partial<Record<R, ProblemStatus>>>,
): Problem {
  const status = statuses?.[refusal.reason] ?? STATUS_OF_REASON[refusal.reason] ?? 422;
  return new Problem(status, refusal.reason, refusal.field ?? FIELD_OF_REASON[refusal.reason]);
}

/** @returns the document of a problem; the detail never repeats what the client sent */
export function problemDocument(
  problem: Pick<Problem, 'reason' | 'field' | 'detail'> & { status: number },
  correlation: string,
): ProblemDocument {
  const sentence = problem.reason.replaceAll('_', ' ');
  return {
    type: `urn:writ:problem:${problem.reason.replaceAll('_', '-')}`,
    title: sentence.charAt(0).toUpperCase() + sentence.slice(1),
    status: problem.status,
    detail: problem.detail ?? `Refused: ${sentence}.`,
    ...(problem.field === undefined ? {} : { field: problem.field }),
    instance: `urn:writ:correlation:${correlation}`,
  };
}
