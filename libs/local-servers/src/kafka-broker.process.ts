import { startKafka, type LocalKafka } from './kafka-local.process.js';

/** A real Apache Kafka and where it came from. */
export type Kafka = {
  brokers: string[];
  from: 'KAFKA_BROKERS' | 'docker' | 'kafka-local';
  /** Only a broker of our own may be stopped; undefined when it came from KAFKA_BROKERS. */
  server?: { stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>; start(): Promise<void> };
  /** Java class path with Kafka's tools, where they are on this machine. */
  classPath?: string;
  close(): Promise<void>;
};

const PROBE_MS = 3_000;

/** How to get one, for the loud line when there is none. */
export const HOW_TO_GET_KAFKA =
  'set KAFKA_BROKERS=host:port, or start Docker, or have a JDK 17+ and Maven (deploy/kafka-local)';

/**
 * A real Kafka, in this order: KAFKA_BROKERS, Docker through testcontainers, deploy/kafka-local.
 * What fails falls through to the next, named in one line.
 *
 * @param options.note receives one line per step that fell through and one for the broker chosen
 * @param options.dataDir where a broker from the jars keeps its data; absent: nowhere
 * @param options.ownBroker true for tests that stop the broker: KAFKA_BROKERS is passed over
 * @returns undefined when none can be had
 */
export async function obtainKafka(options: {
  note: (line: string) => void;
  ownBroker?: boolean;
  dataDir?: string;
}): Promise<Kafka | undefined> {
  const steps: [Kafka['from'], () => Promise<Kafka | undefined>][] = [
    ['KAFKA_BROKERS', async () => (options.ownBroker ? undefined : fromEnvironment())],
    ['docker', fromDocker],
    ['kafka-local', () => fromJars(options.dataDir)],
  ];
  for (const [name, step] of steps) {
    try {
      const kafka = await step();
      if (kafka) {
        options.note(`kafka: ${name} at ${kafka.brokers.join(',')}`);
        return kafka;
      }
    } catch (error) {
      options.note(`kafka: ${name} is not to be had (${firstLine(error)})`);
    }
  }
  return undefined;
}

/** @throws Error when nobody answers there: what is named in vain must not fail every test */
async function fromEnvironment(): Promise<Kafka | undefined> {
  const named = process.env['KAFKA_BROKERS'];
  if (!named) return undefined;
  const brokers = named.split(',');
  const { Kafka, logLevel } = await import('kafkajs');
  const retry = { retries: 1 };
  const client = new Kafka({
    brokers,
    connectionTimeout: PROBE_MS,
    retry,
    logLevel: logLevel.NOTHING,
  });
  const admin = client.admin({ retry });
  try {
    await admin.connect();
  } finally {
    await admin.disconnect();
  }
  return { brokers, from: 'KAFKA_BROKERS', close: async () => {} };
}

async function fromJars(dataDir: string | undefined): Promise<Kafka> {
  const kafka: LocalKafka = await startKafka(dataDir === undefined ? {} : { dataDir });
  const { brokers, classPath, close } = kafka;
  const server = { stop: kafka.stop, start: kafka.start };
  return { brokers, from: 'kafka-local', server, classPath, close };
}

async function fromDocker(): Promise<Kafka> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const { createServer } = await import('node:net');
  // The advertised port must be known before the start: taken free, then bound.
  const port = await new Promise<number>((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
  const container = await new GenericContainer('apache/kafka:4.1.1')
    .withExposedPorts({ container: 9092, host: port })
    .withEnvironment({
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS: '1000',
      KAFKA_HEAP_OPTS: '-Xmx512m',
    })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .start();
  return {
    brokers: [`127.0.0.1:${port}`],
    from: 'docker',
    server: {
      stop: async () => {
        await container.stop({ remove: false });
      },
      start: () => container.restart(),
    },
    close: async () => {
      await container.stop();
    },
  };
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n')[0] ?? '';
}
