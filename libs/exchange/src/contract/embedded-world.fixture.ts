import type { DeliveredFact } from '@writ/contracts';
import { EmbeddedFactSource } from '../embedded-source.embedded.js';
import { Lab } from './lab.fixture.js';
import { TestLedger } from './test-ledger.fixture.js';
import type { Variant, World } from './world.fixture.js';

/** The way is the reader: what a broker may do to messages is done to its pages. */
export async function embeddedWorld(
  variant: Variant,
  options: { pageSize: number; patienceMs: number },
): Promise<World> {
  const ledger = new TestLedger();
  const lab = await Lab.open(ledger, options.patienceMs);
  const consumer = variant.consumer ?? (variant.way ? ('no-prev-check' as const) : undefined);
  const dropped = new Set<number>();
  /** Positions `from` ≤ p < `to` never come. */
  let lost = { from: 0, to: 0 };
  let pausedAt: number | undefined;
  const sources: EmbeddedFactSource[] = [];
  let twice = false;
  let truncatedTo = -1;

  ledger.onRead = (after, limit) => {
    if (pausedAt !== undefined) return ledger.page(ledger.head().size, limit);
    // Once each: asked again, for healing, the ledger gives everything.
    const isLost = after + 1 >= lost.from && after + 1 < lost.to;
    const from = Math.max(isLost ? lost.to - 1 : after, truncatedTo);
    truncatedTo = -1;
    const facts = ledger.page(from, limit).filter(({ position }) => !dropped.delete(position));
    const first = facts[0];
    return twice && first ? [...before(first), ...facts] : facts;
  };
  const before = (first: DeliveredFact) =>
    ledger.all().filter(({ position }) => position < first.position);
  const resume = async () => {
    // A way that moves on regardless: what was recorded meanwhile never comes.
    const { size } = ledger.head();
    if (variant.way) lost = { from: pausedAt ?? size, to: size };
    pausedAt = undefined;
    ledger.outage = undefined;
  };

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
      await source.start(lab.consumer({ ...hooks, ...(consumer ? { fault: consumer } : {}) }));
      sources.push(source);
      return { status: () => source.status(), stop: () => source.stop() };
    },
    duplicate: () => (twice = true),
    drop: (position) => void dropped.add(position),
    truncate: async () => {
      truncatedTo = ledger.head().size - 1;
    },
    forgetOffsets: async () => {
      await lab.pool.query('UPDATE exchange.place SET up_to = -1');
    },
    pause: async () => {
      pausedAt = ledger.head().size;
    },
    resume,
    breakDown: async () => {
      pausedAt = ledger.head().size;
      ledger.outage = new Error('the ledger cannot be reached');
    },
    repair: resume,
    wholeOnTheWay: async () => {},
    close: async () => {
      await Promise.all(sources.map((source) => source.stop()));
      await lab.close();
    },
  };
}
