import type { Fact, LegalTime, StatedTime } from '@writ/contracts';
import { courtFacts, regulatoryFacts } from '@writ/contracts';

/** Whether Writ decided the listing or took it in from another system (invariant I9). */
export type Origin = 'decided' | 'taken-in';

/** One listing as enforcement needs it: whose, on which list, and whether it still holds. */
export type Cause = {
  ledger: 'court' | 'regulatory';
  id: string;
  subject: string;
  list: string;
  origin: Origin;
  /** Ended and annulled alike: it calls for no measure any more. */
  ended: boolean;
  /** The first moment it no longer holds, when a date was stated. */
  until?: LegalTime;
  /** Position, in its own ledger, of the last fact that concerned it. */
  position: number;
};

/** The facts that open, change or end a cause; every other fact leaves all causes as they are. */
export type CauseFact = Fact &
  (
    | courtFacts.SubjectListed
    | courtFacts.ListingTakenIn
    | courtFacts.SubjectDelisted
    | courtFacts.ListingAnnulled
    | courtFacts.ListingCorrected
    | courtFacts.ListingRetracted
    | regulatoryFacts.ListingTakenIn
    | regulatoryFacts.ListingAmended
    | regulatoryFacts.ListingEnded
  );

const CAUSE_FACTS: ReadonlySet<string> = new Set<CauseFact['type']>([
  'court.subject-listed.v1',
  'court.listing-taken-in.v1',
  'court.subject-delisted.v1',
  'court.listing-annulled.v1',
  'court.listing-corrected.v1',
  'court.listing-retracted.v1',
  'regulatory.listing-taken-in.v1',
  'regulatory.listing-amended.v1',
  'regulatory.listing-ended.v1',
]);

/** @returns whether facts of that type concern a cause */
export function isCauseFactType(type: string): type is CauseFact['type'] {
  return CAUSE_FACTS.has(type);
}

/**
 * The cause after one more fact of its own ledger.
 *
 * @param cause as it was; undefined before its first fact
 * @throws Error when a cause ends or changes that was never opened: its ledger cannot say that
 */
export function evolveCause(cause: Cause | undefined, fact: CauseFact): Cause {
  switch (fact.type) {
    case 'court.subject-listed.v1':
      return opened(fact, 'court', 'decided', fact.data.until);
    case 'court.listing-taken-in.v1':
      return opened(fact, 'court', 'taken-in', undefined);
    case 'regulatory.listing-taken-in.v1':
      return opened(fact, 'regulatory', 'taken-in', stated(fact.data.until));
    case 'regulatory.listing-amended.v1': {
      const { until: _, ...unchanged } = known(cause, fact);
      return withUntil({ ...unchanged, position: fact.position }, stated(fact.data.until));
    }
    case 'court.listing-corrected.v1': {
      const { until: _, ...unchanged } = known(cause, fact);
      return withUntil({ ...unchanged, position: fact.position }, fact.data.until);
    }
    case 'court.subject-delisted.v1':
    case 'court.listing-retracted.v1':
    case 'court.listing-annulled.v1':
    case 'regulatory.listing-ended.v1':
      return { ...known(cause, fact), ended: true, position: fact.position };
  }
}

function opened(
  fact: Fact & { data: { listing: string; list: string } },
  ledger: Cause['ledger'],
  origin: Origin,
  until: LegalTime | undefined,
): Cause {
  if (fact.subject === undefined) throw new Error('a listing concerns a subject');
  const { listing: id, list } = fact.data;
  const { subject, position } = fact;
  return withUntil({ ledger, id, subject, list, origin, ended: false, position }, until);
}

function withUntil(cause: Cause, until: LegalTime | undefined): Cause {
  return until === undefined ? cause : { ...cause, until };
}

function known(cause: Cause | undefined, fact: CauseFact): Cause {
  if (!cause) throw new Error(`${fact.type} at ${fact.position}: its listing was never opened`);
  return cause;
}

function stated(time: StatedTime): LegalTime | undefined {
  return time === 'not-stated' ? undefined : time;
}
