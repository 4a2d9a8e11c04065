import { LEDGERS, type Fact, type LedgerName } from '@writ/contracts';
import { keyOf, MemoryProjection } from './projection.fixture.js';
import { AIR, factsIn, type World } from './world.fixture.js';

type Listed = { listing: string; position: number };
type Decided = {
  cause: { id: string };
  basedOn: { cause: number; reference?: number };
  measures: { code: string }[];
};

/** What a subject's facts say up to some positions: told by counting, sharing no fold with Writ. */
export type Truth = {
  active: Listed[];
  ended: string[];
  /** Position of the last fact that says what follows from the list; -1: none. */
  touched: number;
  declared: boolean;
  imposes: boolean;
  decisions: Map<string, Decided>;
};

/** Counts what holds for a subject where a projection stands, or (absent) at the ends. */
export function truthOf(
  subject: string,
  facts: Readonly<Record<LedgerName, readonly Fact[]>>,
  at?: Record<LedgerName, number>,
): Truth {
  const upTo = (ledger: LedgerName) =>
    facts[ledger].filter((f) => f.position <= (at?.[ledger] ?? Infinity));
  const mine = upTo('court').filter((fact) => fact.subject === subject);
  const listed = new Map<string, Listed>();
  const ended: string[] = [];
  for (const { type, data, position } of mine) {
    const { listing } = data as { listing?: string };
    if (listing === undefined) continue;
    if (type === 'court.subject-listed.v1') listed.set(listing, { listing, position });
    else {
      listed.delete(listing);
      ended.push(listing);
    }
  }
  const reference = upTo('regulatory');
  const memoranda = reference.filter(({ type }) => type === 'regulatory.memorandum-recorded.v1');
  const rows = (memoranda.at(-1)?.data as { rows: unknown[] } | undefined)?.rows ?? [];
  const decisions = new Map(
    upTo('enforcement')
      .filter((fact) => fact.subject === subject)
      .map(({ data }) => [(data as Decided).cause.id, data as Decided] as const),
  );
  return {
    active: [...listed.values()],
    ended,
    touched: reference.at(-1)?.position ?? -1,
    declared: reference.length > 0,
    imposes: rows.length > 0,
    decisions,
  };
}

/** Held over a whole run; each check throws what it finds broken. */
export class Invariants {
  private readonly seen: Record<LedgerName, string[]> = {
    court: [],
    regulatory: [],
    enforcement: [],
  };
  private readonly lifted = new Set<string>();
  private readonly answers = new Map<string, number>();

  constructor(
    private readonly world: World,
    private readonly projection: MemoryProjection,
  ) {}

  /** How often each answer was given: a run that only ever says one thing shows nothing. */
  given(answer: string): number {
    return this.answers.get(answer) ?? 0;
  }

  async check(): Promise<void> {
    const facts = await this.facts();
    this.ledgersOnlyGrow(facts);
    await this.everyFactOnce();
    for (const subject of this.world.subjects) this.answersHold(subject, facts);
  }

  /** When all is delivered nothing is open any more, and the answers are what the facts say. */
  async checkAtRest(): Promise<void> {
    await this.check();
    const facts = await this.facts();
    for (const subject of this.world.subjects) {
      const { active, imposes } = truthOf(subject, facts);
      const told = this.projection.answer(subject, AIR, this.world.now());
      const restricted = imposes && active.length > 0;
      must((told.answer === 'RESTRICTED') === restricted, `at rest ${told.answer}`);
      must(told.answer !== 'UNDETERMINED', 'at rest something is open');
      const causes = told.causes?.map(({ cause }) => cause).toSorted() ?? [];
      const expected = restricted ? active.map(({ listing }) => listing).toSorted() : [];
      must(String(causes) === String(expected), 'at rest other causes');
    }
    const looks = facts.enforcement.map(({ data }) => {
      const { cause, basedOn } = data as Decided;
      return JSON.stringify([cause.id, basedOn.cause, basedOn.reference ?? -1]);
    });
    must(new Set(looks).size === looks.length, 'I6: one look is recorded twice');
    for (const ledger of LEDGERS) {
      const { ok } = await this.world.ledgers[ledger].reader.verify();
      must(ok, `I5: the ${ledger} ledger is not sound`);
    }
  }

  private async facts(): Promise<Record<LedgerName, Fact[]>> {
    const { court, regulatory, enforcement } = this.world.ledgers;
    return {
      court: await factsIn(court),
      regulatory: await factsIn(regulatory),
      enforcement: await factsIn(enforcement),
    };
  }

  private ledgersOnlyGrow(facts: Record<LedgerName, Fact[]>): void {
    for (const ledger of LEDGERS) {
      const now = facts[ledger].map((fact) => JSON.stringify(fact));
      must(
        this.seen[ledger].every((text, position) => now[position] === text),
        'I5: a fact has changed',
      );
      must(
        facts[ledger].every(({ position }, n) => position === n),
        'I5: positions have holes',
      );
      this.seen[ledger] = now;
    }
  }

  /** I1, I4, I6: what was folded is each bucket's facts, once, in order; and so is the root. */
  private async everyFactOnce(): Promise<void> {
    const again = new MemoryProjection();
    for (const ledger of LEDGERS) {
      const { facts } = await this.world.ledgers[ledger].reader.readFrom(-1, 100_000);
      const reached = facts.filter(
        (fact) => fact.position <= this.projection.placeOf({ ledger, bucket: fact.bucket }).place,
      );
      const folded = new Map<string, number[]>();
      for (const fact of this.projection.folded.filter((one) => one.ledger === ledger)) {
        folded.set(keyOf(fact), [...(folded.get(keyOf(fact)) ?? []), fact.position]);
      }
      const buckets = new Map<number, typeof facts>();
      for (const fact of reached) {
        buckets.set(fact.bucket, [...(buckets.get(fact.bucket) ?? []), fact]);
      }
      for (const [bucket, expected] of buckets) {
        const positions = expected.map(({ position }) => position);
        const mine = folded.get(keyOf({ ledger, bucket })) ?? [];
        must(String(mine) === String(positions), `I1: ${ledger}/${bucket} folded ${mine.join()}`);
        await again.apply({ buckets: [{ ledger, bucket, facts: expected }] });
      }
    }
    must(again.rootOf() === this.projection.rootOf(), 'I4: a replay has another root');
  }

  private answersHold(subject: string, facts: Record<LedgerName, Fact[]>): void {
    const at = this.projection.positionOf(subject);
    const truth = truthOf(subject, facts, at);
    const { answer, causes = [] } = this.projection.answer(subject, AIR, this.world.now());
    this.answers.set(answer, this.given(answer) + 1);
    for (const listing of truth.ended) this.lifted.add(listing);
    const active = new Set(truth.active.map(({ listing }) => listing));
    for (const { cause } of causes) {
      must(active.has(cause), 'I2: a cause that has ended is counted');
      must(!this.lifted.has(cause), 'a lifted listing has resurfaced');
    }
    if (answer === 'UNDETERMINED') return;
    const open = truth.active.filter((cause) => !isAssessed(cause, truth));
    const imposed = truth.active.filter(({ listing }) =>
      truth.decisions.get(listing)?.measures.some(({ code }) => code === AIR),
    );
    if (answer === 'RESTRICTED') must(imposed.length > 0, 'nothing imposes what is restricted');
    else
      must(open.length + imposed.length === 0, `I3: ${answer} though a cause is open or imposed`);
  }
}

function isAssessed(
  { listing, position }: Listed,
  { decisions, touched, declared }: Truth,
): boolean {
  const decision = decisions.get(listing);
  if (!declared || !decision) return false;
  const { cause, reference = -1 } = decision.basedOn;
  return cause >= position && reference >= touched;
}

function must(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}
