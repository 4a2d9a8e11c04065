import type { DeliveredFact } from '@writ/contracts';
import type { LedgerReader } from '@writ/ledger';
import { EmbeddedFactSource, fetcherOf } from '../embedded-source.embedded.js';
import type { BucketDelivery, FactConsumer } from '../fact-source.js';
import { heal } from '../healing.js';
import { Lab } from './lab.fixture.js';
import { TestLedger } from './test-ledger.fixture.js';
import { garbled, type Variant, type World } from './world.fixture.js';

/** The way is the reader: what a broker may do to messages is done to its pages. */
export async function embeddedWorld(
  variant: Variant,
  options: { pageSize: number; patienceMs: number },
): Promise<World> {
  const ledger = new TestLedger();
  const lab = await Lab.open(ledger, options.patienceMs);
  // Who looks at `prev` finds out most of what a reader gets wrong.
  const isSound = variant.way === undefined || variant.way === 'rest-of-page-left';
  const consumer = variant.consumer ?? (isSound ? undefined : ('no-prev-check' as const));
  const way = new ReaderWay(ledger, variant.way);
  const sources: EmbeddedFactSource[] = [];

  return {
    transport: 'embedded',
    ledger,
    lab,
    start: async (hooks = {}) => {
      const source = new EmbeddedFactSource({
        readers: { court: ledger.reader() },
        clock: { now: () => new Date('2026-03-01T00:00:00Z') },
        pageSize: options.pageSize,
        watermarkMs: 50,
      });
      if (variant.way === 'ledger-not-looked-at') compareNothing(source, ledger);
      if (variant.way === 'rest-of-page-left') leaveRestOfPage(source);
      await source.start(lab.consumer({ ...hooks, ...(consumer ? { fault: consumer } : {}) }));
      sources.push(source);
      return { status: () => source.status(), stop: () => source.stop() };
    },
    duplicate: () => (way.isTwice = true),
    drop: (position) => void way.dropped.add(position),
    garble: (position) => (way.cut = position),
    truncate: async () => {
      way.truncatedTo = ledger.head().size - 1;
    },
    forgetOffsets: async () => {
      await lab.pool.query('UPDATE exchange.place SET up_to = -1');
    },
    pause: async () => way.pause(),
    resume: async () => way.resume(),
    breakDown: async () => way.breakDown(),
    repair: () => way.repair(),
    wholeOnTheWay: async () => {},
    close: async () => {
      await Promise.all(sources.map((source) => source.stop()));
      await lab.close();
    },
  };
}

/** The broken source: reads everything again, and asks the ledger about no place. */
function compareNothing(source: EmbeddedFactSource, ledger: TestLedger): void {
  const verifiedStart = async () => ({ after: -1, epoch: ledger.head().epoch });
  Object.assign(source, { verifiedStart });
}

/** The broken source: what a page holds after a gap that was fetched is not looked at again. */
function leaveRestOfPage(source: EmbeddedFactSource): void {
  const apply = async (consumer: FactConsumer, reader: LedgerReader, buckets: BucketDelivery[]) => {
    const { gaps } = await consumer.apply({ buckets });
    await heal(consumer, fetcherOf(reader), gaps);
  };
  Object.assign(source, { apply });
}

/** Every page that a reader asks for, as it comes. */
class ReaderWay {
  isTwice = false;
  cut = -1;
  truncatedTo = -1;
  readonly dropped = new Set<number>();
  /** Positions `from` ≤ p < `to` never come. */
  private lost = { from: 0, to: 0 };
  private pausedAt: number | undefined;
  /** Called with the place of the first read that meets the outage. */
  private onOutage: (after: number) => void = () => undefined;
  private outageMet: Promise<number> | undefined;

  constructor(
    private readonly ledger: TestLedger,
    private readonly fault: Variant['way'],
  ) {
    ledger.onRead = (after, limit) => this.read(after, limit);
  }

  pause(): void {
    this.pausedAt = this.ledger.head().size;
  }

  resume(): void {
    const { size } = this.ledger.head();
    // The broken reader goes on at the end: what was recorded meanwhile never comes.
    if (this.fault === 'resumed-at-the-end') this.lost = { from: this.pausedAt ?? size, to: size };
    this.pausedAt = undefined;
  }

  breakDown(): void {
    this.outageMet = new Promise((resolve) => (this.onOutage = resolve));
    this.ledger.outage = new Error('the ledger cannot be reached');
  }

  async repair(): Promise<void> {
    const after = await this.outageMet;
    // The broken reader has moved on past what it asked for, though it never came.
    if (this.fault === 'acknowledged-early' && after !== undefined) {
      this.lost = { from: after + 1, to: this.ledger.head().size };
    }
    this.ledger.outage = undefined;
  }

  private read(after: number, limit: number): DeliveredFact[] {
    const { ledger, lost } = this;
    if (ledger.outage) this.onOutage(after);
    if (this.pausedAt !== undefined) return ledger.page(ledger.head().size, limit);
    // Once each: asked again, for healing, the ledger gives everything.
    const isLost = after + 1 >= lost.from && after + 1 < lost.to;
    const from = Math.max(isLost ? lost.to - 1 : after, this.truncatedTo);
    this.truncatedTo = -1;
    const facts = ledger.page(from, limit).filter(({ position }) => !this.dropped.delete(position));
    const [first] = facts;
    if (this.isTwice && first) {
      const before = ({ position }: DeliveredFact) => position < first.position;
      return [...ledger.all().filter(before), ...facts];
    }
    return facts.map((fact) => (fact.position === this.cut ? garbled(fact) : fact));
  }
}
