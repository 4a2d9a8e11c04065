import { ORDER_SERVICES, type LedgerName } from '@writ/contracts';
import {
  EmbeddedFactSource,
  KafkaFactPublisher,
  KafkaFactSource,
  type KafkaOrders,
  RelayService,
  type FactConsumer,
  type FactSource,
  type StoppedBucket,
} from '@writ/exchange';
import type { LedgerReader } from '@writ/ledger';
import {
  intakePart,
  relayPart,
  sourcePart,
  tellingConsumer,
  type ExchangePart,
  type ParkedLine,
} from './exchange-watch.js';
import type { OpenHost } from './host.process.js';
import { openReader } from './ledgers.postgres.js';
import { intakeOf } from './orders/intake.process.js';

/** What a service has running on the exchange. */
export type Exchange = {
  /** One line per consumer, the relay's and the intake's. */
  status(): ExchangePart[];
  stop(): Promise<void>;
};

const RETRY_UNDERSTOOD_MS = 2_000;

/**
 * Starts a source per consumer on the configured transport and, over Kafka, the relay of the
 * service's own ledger and the intake of its orders.
 *
 * @throws Error when a consumer names a ledger whose reader is not configured (embedded)
 */
export async function startExchange(host: OpenHost): Promise<Exchange> {
  const readers = new Map<LedgerName, LedgerReader>();
  const sources: { name: string; source: FactSource }[] = [];
  const relay = host.config.transport === 'kafka' ? relayOf(host) : undefined;
  const orders = host.config.transport === 'kafka' ? ordersOf(host) : undefined;
  let retrying: Promise<void> | undefined;
  const retry = () => {
    retrying ??= retryUnderstood(host).finally(() => (retrying = undefined));
  };
  const again = setInterval(retry, RETRY_UNDERSTOOD_MS).unref();
  const stop = async () => {
    clearInterval(again);
    await orders?.stop();
    await relay?.stop();
    for (const { source } of sources.toReversed()) await source.stop();
    for (const reader of readers.values()) await reader.close();
  };
  try {
    relay?.start();
    await orders?.start();
    for (const consumer of host.consumers) {
      const source =
        host.config.transport === 'kafka'
          ? kafkaSource(host, consumer.name)
          : embeddedSource(host, consumer, readers);
      sources.push({ name: consumer.name, source });
      await source.start(tellingConsumer(consumer, (line) => tellParked(host, line)));
    }
    const status = () => [
      ...sources.map(({ name, source }) => sourcePart(name, source.status())),
      ...(relay ? [relayPart(relay.status())] : []),
      ...(orders ? [intakePart(orders.status())] : []),
    ];
    return { status, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What an older build set aside while both shared the buckets: not only what it left at start. */
async function retryUnderstood({ consumers, facts, logger }: OpenHost): Promise<void> {
  for (const consumer of consumers) {
    // A database that is away is asked again.
    const released = await consumer.retryUnderstood?.(facts).catch(() => 0);
    if (released) logger.info({ consumer: consumer.name, released }, 'understood by this build');
  }
}

function embeddedSource(
  host: OpenHost,
  { name, ledgers }: FactConsumer,
  readers: Map<LedgerName, LedgerReader>,
): FactSource {
  for (const ledger of ledgers) {
    if (readers.has(ledger)) continue;
    const url = host.config.ledgerReaders[ledger];
    if (!url)
      throw new Error(`WRIT_${ledger.toUpperCase()}_DB_READER is needed by ${host.service}`);
    readers.set(ledger, openReader(ledger, url));
  }
  return new EmbeddedFactSource({
    readers: Object.fromEntries(readers),
    clock: host.clock,
    assessed: Object.fromEntries(host.surroundings.assessed),
    onAlarm: (stopped) => alarm(host, stopped),
    onTrouble: (trouble) => tellTrouble(host, name, trouble),
  });
}

function kafkaSource(host: OpenHost, consumer: string): FactSource {
  return new KafkaFactSource({
    brokers: [...host.config.kafkaBrokers],
    clientId: `writ-${host.service}-${consumer}`,
    fetcher: host.facts,
    ...generationOf(host),
    onAlarm: (stopped) => alarm(host, stopped),
    onTrouble: (trouble) => tellTrouble(host, consumer, trouble),
  });
}

/** One relay publishes a ledger however many processes serve it: the others wait for its lock. */
function relayOf(host: OpenHost): RelayService | undefined {
  const { ledger } = host.definition;
  if (!ledger) return undefined;
  const assessed = host.surroundings.assessed.get(ledger);
  const publisher = new KafkaFactPublisher({
    brokers: [...host.config.kafkaBrokers],
    clientId: `writ-relay-${ledger}`,
    ledger,
    ...generationOf(host),
  });
  return new RelayService({
    ledger,
    reader: host.reader(),
    publisher,
    connectionString: host.config.database.writer,
    ...(host.config.topicGeneration ? { generation: host.config.topicGeneration } : {}),
    clock: host.clock,
    ...(assessed ? { assessed } : {}),
    onTrouble: (trouble) => tellTrouble(host, 'relay', trouble),
    onCalm: () => tellTrouble(host, 'relay', undefined),
    onAlarm: (trouble) => host.logger.error({ ledger, trouble }, 'the relay has stopped'),
  });
}

function ordersOf(host: OpenHost): KafkaOrders | undefined {
  const service = ORDER_SERVICES.find((name) => name === host.service);
  return service && intakeOf(host, service, (trouble) => tellTrouble(host, 'intake', trouble));
}

function generationOf({ config }: OpenHost): { topicPrefix?: string } {
  return config.topicGeneration ? { topicPrefix: config.topicGeneration } : {};
}

/** Told when it begins, changes and is over; not each time something is tried again. */
function tellTrouble(host: OpenHost, part: string, trouble: string | undefined): void {
  // What is being taken down around it is no news.
  if (host.stopping.aborted) return;
  if (trouble === undefined) host.logger.info({ part }, 'goes on');
  else host.logger.warn({ part, trouble }, 'in trouble, will try again');
}

function tellParked(host: OpenHost, line: ParkedLine): void {
  host.logger.error(line, 'facts wait in quarantine');
}

function alarm(host: OpenHost, { ledger, bucket, reason, position }: StoppedBucket): void {
  host.logger.error({ ledger, bucket, reason, position }, 'a bucket stands still');
}
