import { refuse, type Decision, type Refusal } from '@writ/decider';
import { Problem, type IdentityClient } from '@writ/service-host';
import type { SubjectBody } from './body.dto.js';
import type { CourtWrite } from './court-context.js';

export type ResolvedSubjects = {
  /** Subject ids, in the order asked. */
  subjects: string[];
  /** The alias changes whoever asks about them needs to have seen. */
  aliasSequence: number;
};

export type SubjectRefusal = 'subject_is_unknown';

/** What the court says of a command once it is asked who its subjects are. */
export type Asked<R extends string> = Promise<Decision<CourtWrite, R | SubjectRefusal>>;

export type SubjectsAsked = {
  purpose: string;
  /** Create who is not known yet. */
  create: boolean;
  /** A name is sealed, so it is for what the court has accepted. */
  bodies: readonly (SubjectBody & { name?: string })[];
  /** JSON Pointer of each body. */
  fields: readonly string[];
};

/**
 * Who the identifiers of a body are. A subject that is not known, and not to be created, is a
 * refusal like any other: of a command that was recorded before they were erased, the first answer
 * still holds.
 *
 * @throws Problem 422 naming the identifier that identity refuses, 503 when identity is down
 */
export async function resolveSubjects(
  identity: IdentityClient,
  { purpose, create, bodies, fields }: SubjectsAsked,
  correlation: string,
): Promise<
  ({ kind: 'resolved' } & ResolvedSubjects) | { kind: 'refuse'; refusal: Refusal<SubjectRefusal> }
> {
  const asked = bodies.map(({ identifiers, name }) => ({
    identifiers: identifiers.map(({ scheme, value }) => ({ scheme, value })),
    create,
    ...(name === undefined ? {} : { name }),
  }));
  // All or none: beside one that is refused nobody else is created either.
  const request = { purpose, partial: false, subjects: asked };
  const { results } = await identity.resolve(request, correlation).catch((error: unknown) => {
    throw inOwnBody(error, fields);
  });
  const subjects: string[] = [];
  let aliasSequence = 0;
  for (const [index, field] of fields.entries()) {
    const result = results[index];
    if (result === undefined) throw new Problem(503, 'identity_is_unavailable');
    if (result.outcome === 'unknown') return refuse('subject_is_unknown', field);
    if (result.outcome === 'refused') {
      throw new Problem(422, result.reason, `${field}${result.field}`);
    }
    subjects.push(result.subject);
    aliasSequence = Math.max(aliasSequence, result.aliasSequence);
  }
  return { kind: 'resolved', subjects, aliasSequence };
}

/**
 * Which alias changes the receipt of a retry waits for. No fact keeps those of the first receipt:
 * its subjects' own are the same or later; of whom identity no longer knows, or takes for others by
 * now, it is all there are. So a retry never waits for less.
 *
 * @throws Problem 503 when identity is down
 */
export async function aliasesOfRetry(
  identity: IdentityClient,
  asked: SubjectsAsked,
  correlation: string,
): Promise<number> {
  const bodies = asked.bodies.map(({ identifiers }) => ({ identifiers }));
  try {
    const found = await resolveSubjects(identity, { ...asked, create: false, bodies }, correlation);
    if (found.kind === 'resolved') return found.aliasSequence;
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 422) throw error;
  }
  return (await identity.aliases(0, 1, 0)).last;
}

/** Identity names the field of its own request; our caller knows that of the body it was sent. */
function inOwnBody(error: unknown, fields: readonly string[]): unknown {
  if (!(error instanceof Problem) || error.field === undefined) return error;
  const [, index, rest = ''] = /^\/subjects\/([0-9]+)(\/.*)?$/.exec(error.field) ?? [];
  const field = index === undefined ? undefined : fields[Number(index)];
  return field === undefined ? error : new Problem(422, error.reason, `${field}${rest}`);
}
