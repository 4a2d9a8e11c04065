import { setTimeout as delay } from 'node:timers/promises';
import type { DeliveredFact } from '@writ/contracts';
import type { Kafka as Broker } from '@writ/local-servers';
import pg from 'pg';
import type { FactFetcher } from '../fact-source.js';
import { leafOf } from '../join-on.js';
import type { KafkaBatch } from '../kafka/kafka-batch-context.kafka.js';
import { KafkaFactSource } from '../kafka/kafka-source.kafka.js';
import { KafkaFactPublisher } from '../kafka/publisher.kafka.js';
import { relay, type FactPublisher, type RelayOptions } from '../relay.js';
import { relayPlaces, RelayService } from '../relay.postgres.js';
import { CONSUMER, expectedOf, Lab } from './lab.fixture.js';
import { TestLedger } from './test-ledger.fixture.js';
import { TopicProbe } from './topic-probe.fixture.js';
import { garbled, type Variant, type World } from './world.fixture.js';

let worlds = 0;

/** A relay that can be stopped, however it was started. */
type Publishing = { stop(): Promise<void> };

/** What a test may see and do besides: two relays, raw topics. */
export type KafkaWorld = World & {
  prefix: string;
  brokers: string[];
  probe: TopicProbe;
  variant: Variant;
  /** Positions after which the ledger itself was asked for facts. */
  asked: ReadonlySet<number>;
  /** One more relay on the same ledger. */
  startRelay(): Promise<Publishing>;
};

const TOPICS_PATIENCE_MS = 60_000;

export async function kafkaWorld(
  broker: Broker,
  variant: Variant,
  options: { patienceMs: number; wayPatienceMs?: number },
): Promise<KafkaWorld> {
  const prefix = `t${process.pid}-${++worlds}.`;
  const ledger = new TestLedger();
  const lab = await Lab.open(ledger, options.patienceMs);
  const { brokers } = broker;
  const probe = await TopicProbe.open(brokers, prefix);
  const dropped = new Set<number>();
  const way = wayOf(variant);
  const { fetcher, asked } = fetcherOn(ledger);
  const sources: KafkaFactSource[] = [];
  const relays = new Relays(variant, { brokers, prefix, ledger, lab }, dropped, way);
  const close = async () => {
    await Promise.all([...sources.map((source) => source.stop()), relays.stopAll()]);
    await probe.close();
    await lab.close();
  };
  await relays.start();
  // Not what is put to the test: a busy broker takes seconds, whatever the relay is like.
  await probe.untilTopicsExist(TOPICS_PATIENCE_MS).catch(async (error: unknown) => {
    await close();
    throw error;
  });

  return {
    transport: 'kafka',
    prefix,
    brokers,
    probe,
    variant,
    asked,
    ledger,
    lab,
    startRelay: () => relays.start(),
    start: async (hooks = {}, own) => {
      const source = new KafkaFactSource({
        brokers,
        clientId: 'consumer',
        topicPrefix: prefix,
        ...(own ? { groupId: `${prefix}${own.group}` } : {}),
        fetcher,
        watermarkMs: 50,
        // Never, while a test runs.
        healAfterMs: variant.way === 'watermarks-not-looked-at' ? 1e9 : 300,
        sessionTimeoutMs: 6_000,
        onAlarm: () => lab.announce(),
      });
      const fault = variant.consumer;
      breakSource(source, variant);
      await source.start(lab.consumer({ ...hooks, ...(fault ? { fault } : {}) }));
      sources.push(source);
      return { status: () => source.status(), stop: () => source.stop() };
    },
    duplicate: () => (way.twice = true),
    drop: (position) => void dropped.add(position),
    garble: (position) => (way.cut = position),
    truncate: async () => {
      await probe.whole(ledger.head().size, options.patienceMs);
      await probe.truncate();
    },
    forgetOffsets: () => probe.forgetGroup(`${prefix}${CONSUMER}`),
    pause: () => relays.stopAll(),
    resume: async () => void (await relays.start()),
    breakDown: () => ownServer(broker).stop('SIGKILL'),
    repair: () => ownServer(broker).start(),
    wholeOnTheWay: () => assertWhole(probe, ledger, options.wayPatienceMs ?? options.patienceMs),
    close,
  };
}

/** A line that stops no broker would pass on any relay. */
function ownServer({ server, from }: Broker): NonNullable<Broker['server']> {
  if (!server) throw new Error(`a broker from ${from} may not be stopped`);
  return server;
}

/** The ledger itself, and the positions after which it was asked. */
function fetcherOn(ledger: TestLedger): { fetcher: FactFetcher; asked: Set<number> } {
  const asked = new Set<number>();
  const fetch: FactFetcher['fetch'] = async (_, after, limit) => {
    asked.add(after);
    return ledger.page(after, limit);
  };
  return { fetcher: { fetch }, asked };
}

async function assertWhole(
  probe: TopicProbe,
  ledger: TestLedger,
  patienceMs: number,
): Promise<void> {
  const positions = await probe.whole(ledger.head().size, patienceMs);
  for (const [bucket, expected] of expectedOf(ledger.all())) {
    const there = positions.get(bucket) ?? [];
    const missing = expected.filter((position) => !there.includes(position));
    if (missing.length > 0) throw new Error(`never published: ${missing.join(', ')}`);
  }
}

type Way = {
  twice: boolean;
  early: boolean;
  meeting: (() => Promise<void>) | undefined;
  cut: number;
};

function wayOf({ way }: Variant): Way {
  const meeting = way === 'no-relay-lock' ? meetingOf(2) : undefined;
  return { twice: false, cut: -1, early: way === 'acknowledged-early', meeting };
}

/** @returns what holds everybody who calls it until so many have come */
function meetingOf(missing: number): () => Promise<void> {
  const waiting: (() => void)[] = [];
  return () => {
    missing--;
    if (missing > 0) return new Promise((resolve) => waiting.push(resolve));
    waiting.forEach((resolve) => resolve());
    return Promise.resolve();
  };
}

type Parts = Pick<KafkaWorld, 'brokers' | 'prefix' | 'ledger' | 'lab'>;

/** The relays of a world, right or broken. */
class Relays {
  private readonly running: Publishing[] = [];
  private started = 0;

  constructor(
    private readonly variant: Variant,
    private readonly parts: Parts,
    private readonly dropped: Set<number>,
    private readonly way: Way,
  ) {}

  async start(): Promise<Publishing> {
    const { brokers, prefix, ledger, lab } = this.parts;
    const options = { brokers, clientId: 'relay', ledger: 'court' as const, topicPrefix: prefix };
    const parts = {
      ledger: 'court' as const,
      reader: ledger.reader(),
      publisher: blinded(
        disturbed(new KafkaFactPublisher(options), this.dropped, this.way),
        this.variant,
        ledger,
      ),
      clock: { now: () => new Date() },
      batchSize: 20,
      watermarkMs: 100,
    };
    const isResumed = this.started++ > 0;
    const running = await this.publishing(parts, lab, isResumed);
    this.running.push(running);
    return running;
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.running.splice(0).map((running) => running.stop()));
  }

  private async publishing(
    parts: Omit<RelayOptions, 'places' | 'pause'>,
    lab: Lab,
    isResumed: boolean,
  ): Promise<Publishing> {
    if (this.variant.way === 'no-relay-lock') return unlockedRelay(parts, lab);
    if (this.variant.way === 'resumed-at-the-end') return unlockedRelay(parts, lab, isResumed);
    const service = new RelayService({
      ...parts,
      generation: this.parts.prefix,
      connectionString: lab.database.writer,
    });
    service.start();
    return { stop: () => service.stop() };
  }
}

/** Loses, doubles or forgets messages, as told, on top of the real publisher. */
function disturbed(publisher: FactPublisher, dropped: Set<number>, way: Way): FactPublisher {
  return {
    open: () => publisher.open(),
    newest: () => publisher.newest(),
    publishWatermarks: (watermarks) => publisher.publishWatermarks(watermarks),
    close: () => publisher.close(),
    publish: async (facts) => {
      await way.meeting?.();
      const sent = facts
        .filter(({ position }) => !dropped.has(position))
        .map((fact) => (fact.position === way.cut ? garbled(fact) : fact));
      if (way.early) {
        publisher.publish(sent).catch(() => undefined);
        return;
      }
      await publisher.publish(sent);
      if (way.twice) await publisher.publish(sent);
    },
  };
}

/** Sees in the topics what a broken relay takes for granted. */
export function blinded(
  publisher: FactPublisher,
  { way }: Variant,
  ledger: TestLedger,
): FactPublisher {
  // A place at the end is found out by whoever looks at what the topics lack before it.
  const blind = ['topics-not-looked-at', 'resumed-at-the-end', 'one-place-for-all'];
  if (!blind.includes(way ?? '')) return publisher;
  const newest = async () =>
    [...expectedOf(ledger.all())].map(([bucket, positions]) => {
      const fact = ledger.all()[positions.at(-1) ?? 0] as DeliveredFact;
      return { ...fact, topic: 'believed', partition: bucket, leaf: leafOf(fact) };
    });
  return {
    open: () => publisher.open(),
    newest,
    publish: (facts) => publisher.publish(facts),
    publishWatermarks: (watermarks) => publisher.publishWatermarks(watermarks),
    close: () => publisher.close(),
  };
}

/** What a broken source leaves undone; from inside, since a sound one has no such switch. */
function breakSource(source: KafkaFactSource, { way }: Variant): void {
  type Inside = {
    takeFacts(inbox: unknown, batch: KafkaBatch, context: unknown): Promise<void>;
    isBeyond(): boolean;
    unvouched: Map<string, number>;
  };
  const inside = source as unknown as Inside;
  if (way === 'compared-once') inside.isBeyond = () => false;
  if (way === 'unvouched-counted') inside.unvouched.set = () => inside.unvouched;
  if (way !== 'unreadable-skipped') return;
  const takeFacts = inside.takeFacts.bind(source);
  inside.takeFacts = (inbox, batch, context) => {
    const isReadable = ({ headers }: KafkaBatch['messages'][number]) =>
      headers?.['ce_ledger'] !== undefined;
    return takeFacts(inbox, { ...batch, messages: batch.messages.filter(isReadable) }, context);
  };
}

/** The broken relay: whoever starts it publishes, and perhaps from where the ledger ends. */
async function unlockedRelay(
  parts: Omit<RelayOptions, 'places' | 'pause'>,
  lab: Lab,
  startsAtTheEnd = false,
): Promise<Publishing> {
  const stopping = new AbortController();
  const db = new pg.Client({ connectionString: lab.database.writer });
  await db.connect();
  const pause = async (ms: number, signal: AbortSignal) => {
    await delay(ms, undefined, { signal }).catch(() => undefined);
  };
  const places = relayPlaces(db, 'court', 'unlocked.');
  if (startsAtTheEnd) {
    places.load = async () => {
      const { epoch, size } = await parts.reader.head();
      return { epoch, place: size - 1 };
    };
  }
  const keepRunning = async () => {
    while (!stopping.signal.aborted) {
      await relay({ ...parts, places, pause }, stopping.signal).catch(() => undefined);
      await parts.publisher.close();
    }
  };
  const running = keepRunning();
  return {
    stop: async () => {
      stopping.abort();
      await running;
      await db.end();
    },
  };
}
