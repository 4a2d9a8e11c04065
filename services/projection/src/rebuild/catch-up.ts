import type { DeliveredFact, LedgerName } from '@writ/contracts';
import type { Delivery, FactConsumer, FactFetcher } from '@writ/exchange';

export type CatchUp = {
  ledger: LedgerName;
  fetcher: FactFetcher;
  consumer: Pick<FactConsumer, 'apply'>;
  /** Facts after this position; all up to there are folded. */
  after: number;
  /** Whether a fact may be folded: the live state holds it too. */
  wanted: (fact: DeliveredFact) => boolean;
  /** No fact after this position is wanted. */
  upTo: number;
  onFolded: (facts: number) => void;
};

/** Of larger ones most would outlive a young collection, and be copied by the next. */
const PAGE = 2_000;
/** Transactions side by side: while one writes, the other evolves. */
const LANES = 2;

/**
 * Folds a ledger's facts from the ledger itself, page by page, in order within each bucket. The
 * next page is fetched while this one is folded; buckets are dealt to lanes, each one transaction.
 *
 * @returns the position up to which all that is wanted is folded
 */
export async function catchUp(task: CatchUp): Promise<number> {
  // A page that nobody waits for would be fetched in vain, and its failure heard by nobody.
  if (task.after >= task.upTo) return task.after;
  let after = task.after;
  let page = fetchPage(task, after);
  while (after < task.upTo) {
    const facts = await page;
    const last = facts.at(-1)?.position;
    if (last === undefined) throw new Error(`${task.ledger} holds less than was applied`);
    after = last;
    if (after < task.upTo) page = fetchPage(task, after);
    const wanted = facts.filter((fact) => fact.position <= task.upTo && task.wanted(fact));
    // Fetched ahead in vain if this fails: the failure that counts is this one.
    page.catch(() => {});
    await Promise.all(lanesOf(task.ledger, wanted).map((delivery) => applyWhole(task, delivery)));
    task.onFolded(wanted.length);
  }
  // The last page may reach further than was wanted: what lies behind is for the next time.
  return Math.min(after, task.upTo);
}

function fetchPage({ fetcher, ledger }: CatchUp, after: number): Promise<DeliveredFact[]> {
  return fetcher.fetch(ledger, after, PAGE);
}

/** Read from the ledger itself: nothing can be missing. */
async function applyWhole({ consumer, ledger }: CatchUp, delivery: Delivery): Promise<void> {
  const { gaps, stopped = [] } = await consumer.apply(delivery);
  if (gaps.length > 0 || stopped.length > 0) throw new Error(`${ledger} does not join on`);
}

function lanesOf(ledger: LedgerName, facts: readonly DeliveredFact[]): Delivery[] {
  const byBucket = new Map<number, DeliveredFact[]>();
  for (const fact of facts) {
    const group = byBucket.get(fact.bucket);
    if (group) group.push(fact);
    else byBucket.set(fact.bucket, [fact]);
  }
  const lanes = Array.from({ length: LANES }, (): Delivery => ({ buckets: [] }));
  for (const [bucket, group] of byBucket) {
    lanes[bucket % LANES]!.buckets.push({ ledger, bucket, facts: group, verified: true });
  }
  return lanes.filter(({ buckets }) => buckets.length > 0);
}
