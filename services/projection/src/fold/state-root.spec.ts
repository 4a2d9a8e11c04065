import { describe, expect, it } from '@jest/globals';
import type { DeliveredFact, LedgerName } from '@writ/contracts';
import { LEDGERS } from '@writ/contracts';
import { joinOn, movedOn, type StoredPlace } from '@writ/exchange';
import fc from 'fast-check';
import {
  idOf,
  listDeclared,
  listingAmended,
  listingEnded,
  listingTakenIn,
  measuresDecided,
  memorandum,
  subjectDelisted,
  subjectListed,
} from '../testing/made-up-facts.js';
import { MadeUpLedgers } from '../testing/made-up-ledgers.js';
import { foldBatch, readFact } from './fold-batch.js';
import { EMPTY_ROOT, movedRoot, sumOfRoots, summandOf } from './state-root.js';

/** What happens to subjects, in the order it is recorded; each step makes sense by itself. */
type Step = { subject: number; act: 'list' | 'delist' | 'take-in' | 'amend' | 'end' | 'decide' };

const anySteps = fc.array(
  fc.record({
    subject: fc.integer({ min: 0, max: 4 }),
    act: fc.constantFrom<Step['act']>('list', 'delist', 'take-in', 'amend', 'end', 'decide'),
  }),
  { maxLength: 40 },
);

/** Three ledgers whose facts do not contradict one another. */
function ledgersOf(steps: readonly Step[]): MadeUpLedgers {
  const ledgers = new MadeUpLedgers(() => new Date('2026-03-02T09:00:00Z'));
  ledgers.record(listDeclared());
  ledgers.record(memorandum());
  const open = new Map<string, string>();
  steps.forEach(({ subject: number, act }, step) => {
    const subject = idOf('subject', number);
    const observedAt = `2026-01-01T00:00:${String(step).padStart(2, '0')}Z`;
    const [listing, entry] = [`${idOf('case', step)}-1`, idOf('entry', step)];
    const [ofCourt, ofFeed] = [open.get(`court/${number}`), open.get(`feed/${number}`)];
    if (act === 'list' && !ofCourt) {
      ledgers.record(subjectListed(subject, listing));
      open.set(`court/${number}`, listing);
    } else if (act === 'delist' && ofCourt) {
      ledgers.record(subjectDelisted(subject, ofCourt));
      open.delete(`court/${number}`);
    } else if (act === 'take-in' && !ofFeed) {
      ledgers.record(listingTakenIn(subject, entry, observedAt));
      open.set(`feed/${number}`, entry);
    } else if (act === 'amend' && ofFeed) {
      const legalBasis = `Programme ${step}`;
      ledgers.record(listingAmended(subject, ofFeed, observedAt, 'change', { legalBasis }));
    } else if (act === 'end' && ofFeed) {
      ledgers.record(listingEnded(subject, ofFeed, observedAt));
      open.delete(`feed/${number}`);
    } else if (act === 'decide' && ofCourt) {
      ledgers.record(measuresDecided(subject, { ledger: 'court', id: ofCourt }, { cause: step }));
    }
  });
  return ledgers;
}

/** The projection in memory: places, states, roots. `taint` is what a broken one mixes in. */
class InMemory {
  private readonly places = new Map<string, StoredPlace>();
  private readonly states = new Map<string, string>();
  private readonly roots = new Map<string, string>();

  constructor(private readonly taint: (batch: readonly DeliveredFact[]) => string = () => '') {}

  apply(facts: readonly DeliveredFact[]): void {
    for (const ledger of LEDGERS) {
      for (let bucket = 0; bucket <= 32; bucket++) {
        const mine = facts.filter((fact) => fact.ledger === ledger && fact.bucket === bucket);
        if (mine.length > 0) this.applyBucket(ledger, bucket, mine);
      }
    }
  }

  get root(): string {
    return sumOfRoots([...this.roots.values()]);
  }

  /** The root from nothing but the states: what the moved one must equal. */
  get rootOfStates(): string {
    let root = EMPTY_ROOT;
    for (const [key, state] of this.states) {
      const [ledger, owner] = [key.slice(0, key.indexOf(' ')), key.slice(key.indexOf(' ') + 1)];
      root = movedRoot(root, summandOf(owner, ledger as LedgerName, state));
    }
    return root;
  }

  private applyBucket(ledger: LedgerName, bucket: number, facts: DeliveredFact[]): void {
    const key = `${ledger}/${bucket}`;
    const place = this.places.get(key) ?? { ledger, bucket, epoch: 0, place: -1, upTo: -1 };
    const { fresh, gap, stop } = joinOn(place, { facts });
    if (gap || stop) throw new Error('the order of a bucket was not kept');
    this.places.set(key, movedOn(place, fresh));
    const before = new Map<string, string>();
    const read = fresh.map(readFact);
    for (const { owner } of read) {
      const state = this.states.get(`${ledger} ${owner}`);
      if (state !== undefined) before.set(owner, state);
    }
    const batch = foldBatch(ledger, read, before);
    for (const { owner, state } of batch.states) this.states.set(`${ledger} ${owner}`, state);
    for (const [of, difference] of batch.differences) {
      const root = this.roots.get(`${ledger}/${of}`) ?? EMPTY_ROOT;
      const tainted = difference + BigInt(this.taint(facts).length);
      this.roots.set(`${ledger}/${of}`, movedRoot(root, tainted));
    }
  }
}

function projected(facts: readonly DeliveredFact[], batchSize: number, to = new InMemory()) {
  for (let from = 0; from < facts.length; from += batchSize) {
    to.apply(facts.slice(from, from + batchSize));
  }
  return to;
}

const inOrder = ({ facts }: MadeUpLedgers) => LEDGERS.flatMap((ledger) => facts[ledger]);

/** Some order that keeps each bucket of each ledger in its own. */
function interleaved(ledgers: MadeUpLedgers, choices: readonly number[]): DeliveredFact[] {
  const queues = new Map<string, DeliveredFact[]>();
  for (const fact of inOrder(ledgers)) {
    const key = `${fact.ledger}/${fact.bucket}`;
    queues.set(key, [...(queues.get(key) ?? []), fact]);
  }
  const waiting = [...queues.values()];
  const order: DeliveredFact[] = [];
  for (let step = 0; waiting.length > 0; step++) {
    const index = (choices[step % choices.length] ?? 0) % waiting.length;
    order.push(waiting[index]!.shift()!);
    if (waiting[index]!.length === 0) waiting.splice(index, 1);
  }
  return order;
}

const anyChoices = fc.array(fc.nat({ max: 1_000 }), { minLength: 1, maxLength: 60 });

describe('the state root', () => {
  it('is one for every interleaving that keeps each bucket’s order', () =>
    fc.assert(
      fc.property(anySteps, anyChoices, fc.integer({ min: 1, max: 9 }), (steps, choices, size) => {
        const ledgers = ledgersOf(steps);
        const { root } = projected(inOrder(ledgers), 5_000);
        expect(projected(interleaved(ledgers, choices), size).root).toBe(root);
      }),
    ));

  it('is one for every batch size, and is the sum over the states', () =>
    fc.assert(
      fc.property(anySteps, (steps) => {
        const facts = inOrder(ledgersOf(steps));
        const { root, rootOfStates } = projected(facts, 1);
        expect(rootOfStates).toBe(root);
        expect(projected(facts, 7).root).toBe(root);
        expect(projected(facts, 5_000).root).toBe(root);
      }),
    ));

  it('does not move with what is delivered again', () =>
    fc.assert(
      fc.property(anySteps, fc.integer({ min: 1, max: 9 }), fc.nat(), (steps, size, again) => {
        const facts = inOrder(ledgersOf(steps));
        const once = projected(facts, size);
        const { root } = once;
        const twice = projected(facts.slice(again % (facts.length + 1)), size, once);
        expect(twice.root).toBe(root);
      }),
    ));

  it('moves with every state that differs', () => {
    const one = ledgersOf([{ subject: 0, act: 'list' }]);
    const other = ledgersOf([{ subject: 1, act: 'list' }]);
    expect(projected(inOrder(one), 10).root).not.toBe(projected(inOrder(other), 10).root);
    expect(projected([], 1).root).toBe(sumOfRoots([]));
  });

  it('is seen broken: a root that holds something of the batch it came in', () => {
    const facts = inOrder(ledgersOf([{ subject: 0, act: 'list' }]));
    const broken = () => new InMemory((batch) => '!'.repeat(batch.length));
    const sizes = [1, 5_000].map((size) => projected([...facts, ...facts], size, broken()).root);
    expect(sizes[0]).not.toBe(sizes[1]);
  });
});

describe('an owner’s summand', () => {
  it('tells owners and ledgers apart, and is nothing without a state', () => {
    expect(summandOf('a', 'court', '{}')).not.toBe(summandOf('b', 'court', '{}'));
    expect(summandOf('a', 'court', '{}')).not.toBe(summandOf('a', 'regulatory', '{}'));
    expect(summandOf('a', 'court', undefined)).toBe(0n);
  });

  it('goes the way it came, below nothing too', () => {
    const summand = summandOf('a', 'court', '{}');
    expect(movedRoot(movedRoot(EMPTY_ROOT, summand), -summand)).toBe(EMPTY_ROOT);
    expect(movedRoot(movedRoot(EMPTY_ROOT, -summand), summand)).toBe(EMPTY_ROOT);
  });
});
