import {
  ALL_BUCKETS,
  LEDGERS,
  REFERENCE_BUCKET,
  bucketOf,
  encodeToken,
  type DeliveredFact,
  type Fact,
  type LedgerName,
  type Watermark,
} from '@writ/contracts';
import type { BucketDelivery, Delivery, FactConsumer, FactFetcher } from '@writ/exchange';
import { canonicalState } from '../fold/canonical-state.js';
import type { MadeUpFact } from './made-up-facts.js';

/** Three ledgers in memory that hand out facts as a transport would: dense, with `prev`. */
export class MadeUpLedgers implements FactFetcher {
  readonly facts: Record<LedgerName, DeliveredFact[]> = {
    court: [],
    regulatory: [],
    enforcement: [],
  };
  private readonly lastOf = new Map<string, number>();

  constructor(private readonly now: () => Date) {}

  /** Records a fact. @returns it as delivered */
  record(fact: MadeUpFact, recordedAt = this.now().toISOString()): DeliveredFact {
    const ledger = fact.type.split('.')[0] as LedgerName;
    const position = this.facts[ledger].length;
    const bucket = fact.subject === undefined ? REFERENCE_BUCKET : bucketOf(fact.subject);
    const key = `${ledger}/${bucket}`;
    const whole: Fact = {
      leafVersion: 1,
      ledger,
      epoch: 1,
      position,
      stream: `made-${position}`,
      version: 1,
      authority: 'court.test',
      authoritySeq: position + 1,
      actor: { kind: 'system', id: 'made-up', verified: false },
      source: { kind: 'system' },
      rules: { pack: 'minimum', version: 1 },
      recordedAt,
      correlation: '0'.repeat(32),
      ...fact,
    };
    const delivered: DeliveredFact = {
      ledger,
      epoch: 1,
      position,
      bucket,
      prev: this.lastOf.get(key) ?? -1,
      type: fact.type,
      ...(fact.subject === undefined ? {} : { subject: fact.subject }),
      canonical: canonicalState(whole),
    };
    this.lastOf.set(key, position);
    this.facts[ledger].push(delivered);
    return delivered;
  }

  /** The receipt's token of a fact. */
  tokenOf({ ledger, epoch, position, bucket }: DeliveredFact, aliasSequence = 0): string {
    return encodeToken({ ledger, epoch, position, bucket, aliasSequence });
  }

  fetch(ledger: LedgerName, after: number, limit: number): Promise<DeliveredFact[]> {
    return Promise.resolve(this.facts[ledger].slice(after + 1, after + 1 + limit));
  }

  /** @returns watermarks of every bucket of a ledger as it stands */
  watermarks(ledger: LedgerName, assessed?: Watermark['assessed']): Watermark[] {
    return ALL_BUCKETS.map((bucket) => ({
      ledger,
      epoch: 1,
      bucket,
      upTo: this.facts[ledger].length - 1,
      last: this.lastOf.get(`${ledger}/${bucket}`) ?? -1,
      at: this.now().toISOString(),
      ...(assessed ? { assessed } : {}),
    }));
  }

  /** Hands all facts and watermarks of these ledgers over, duplicates included. */
  async deliver(
    consumer: Pick<FactConsumer, 'apply'>,
    ledgers: readonly LedgerName[] = LEDGERS,
    assessed?: Watermark['assessed'],
  ): Promise<void> {
    for (const ledger of ledgers) {
      const buckets = this.watermarks(ledger, ledger === 'enforcement' ? assessed : undefined).map(
        (watermark): BucketDelivery => ({
          ledger,
          bucket: watermark.bucket,
          facts: this.facts[ledger].filter(({ bucket }) => bucket === watermark.bucket),
          watermark,
        }),
      );
      await applied(consumer, { buckets });
    }
  }

  /** Hands over facts alone, without watermarks. */
  async deliverFacts(
    consumer: Pick<FactConsumer, 'apply'>,
    facts: readonly DeliveredFact[],
  ): Promise<void> {
    const byBucket = new Map<string, BucketDelivery>();
    for (const fact of facts) {
      const { ledger, bucket } = fact;
      const key = `${ledger}/${bucket}`;
      const delivery = byBucket.get(key) ?? { ledger, bucket, facts: [] };
      delivery.facts.push(fact);
      byBucket.set(key, delivery);
    }
    const buckets = [...byBucket.values()];
    await applied(consumer, { buckets });
  }
}

async function applied(consumer: Pick<FactConsumer, 'apply'>, delivery: Delivery): Promise<void> {
  const { gaps, stopped = [] } = await consumer.apply(delivery);
  if (gaps.length > 0 || stopped.length > 0) {
    throw new Error(`not applied: ${JSON.stringify({ gaps, stopped })}`);
  }
}
