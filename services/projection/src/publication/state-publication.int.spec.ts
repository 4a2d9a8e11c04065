import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  bucketOf,
  LEDGERS,
  StateMark,
  SubjectStateMessage,
  SUBJECT_BUCKETS,
} from '@writ/contracts';
import { KafkaStatePublisher, readStateTopic } from '@writ/exchange';
import { HOW_TO_GET_KAFKA, obtainKafka } from '@writ/local-servers';
import type { IdentityClient, ServiceDefinition } from '@writ/service-host';
import { testHost, type TestHost } from '@writ/service-host/test-host';
import { Ajv } from 'ajv';
import { LIVE_CONSUMER, liveSet, ProjectionConsumer } from '../projection.consumer.js';
import { ProjectionModule, projectionService } from '../index.js';
import {
  idOf,
  listDeclared,
  listingTakenIn,
  measuresDecided,
  subjectDelisted,
  subjectListed,
} from '../testing/made-up-facts.js';
import { MadeUpLedgers } from '../testing/made-up-ledgers.js';
import { noteDue, readMarks } from './state-due.postgres.js';
import { StatePublication } from './state-publication.process.js';

const note = (line: string) => void process.stderr.write(`${line}\n`);
const broker = await obtainKafka({ note });
if (!broker) note(`KAFKA TESTS ARE SKIPPED: there is no Kafka. To get one, ${HOW_TO_GET_KAFKA}.`);
if (!broker && process.env['WRIT_REQUIRE_KAFKA'] === '1') throw new Error('Kafka is required');
const withKafka: (name: string, tests: () => void) => void = broker ? describe : describe['skip'];

const brokers = broker?.brokers ?? [];
const topicPrefix = `s${process.pid}.`;
const identity = { aliases: () => new Promise<never>(() => {}) } as unknown as IdentityClient;
let test: TestHost;
let ledgers: MadeUpLedgers;
let consumer: ProjectionConsumer;
const running: StatePublication[] = [];
const ALL = Array.from({ length: SUBJECT_BUCKETS }, (_, bucket) => bucket);

beforeAll(async () => {
  const definition: ServiceDefinition = {
    ...projectionService,
    module: (host) =>
      ProjectionModule.register({
        ...host,
        consume: () => {},
        onReady: () => {},
        onStop: () => {},
      }),
  };
  test = await testHost(definition, { identity });
  ledgers = new MadeUpLedgers(() => test.clock.now());
  const { clock } = test;
  const pool = test.host.pools.writer;
  consumer = new ProjectionConsumer({
    name: LIVE_CONSUMER,
    pool,
    clock,
    set: liveSet,
    changed: noteDue,
  });
});
afterEach(async () => {
  for (const publication of running.splice(0)) await publication.stop();
});
afterAll(async () => {
  await test?.stop();
  await broker?.close();
});

type Publisher = ConstructorParameters<typeof StatePublication>[0]['publisher'];

function kafkaPublisher(): KafkaStatePublisher {
  return new KafkaStatePublisher({ brokers, clientId: 'states', topicPrefix });
}

function publish(publisher: Publisher = kafkaPublisher()): StatePublication {
  const logger = { warn: () => undefined };
  const connectionString = test.host.config.database.writer;
  const publication = new StatePublication({
    connectionString,
    publisher,
    clock: test.clock,
    logger,
  });
  publication.start();
  running.push(publication);
  return publication;
}

async function count(table: 'state_due' | 'state_topic'): Promise<number> {
  const { rows } = await test.host.pools.reader.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM projection.${table}`,
  );
  return rows[0]!.count;
}

async function untilAllIsPublished(): Promise<void> {
  while ((await count('state_topic')) === 0 || (await count('state_due')) > 0);
}

let readers = 0;
const wholeTopic = () =>
  readStateTopic({ brokers, clientId: 'reader', topicPrefix, groupId: `r${readers++}` });

const topic = async () => (await wholeTopic()).states;

/** What the projection has, in the shape the topic tells it. */
async function projected(): Promise<Map<string, SubjectStateMessage['state']>> {
  const { rows } = await test.host.pools.reader.query<{
    subject: string;
    ledger: number;
    state: string;
  }>(`SELECT replace(subject::text, '-', '') AS subject, ledger, state FROM projection.state_a`);
  const states = new Map<string, SubjectStateMessage['state']>();
  for (const { subject, ledger, state } of rows) {
    const one = states.get(subject) ?? {};
    states.set(subject, { ...one, [LEDGERS[ledger]!]: JSON.parse(state) as object });
  }
  return states;
}

async function expectTopicToBeTheProjection(): Promise<void> {
  const states = new Map<string, SubjectStateMessage['state']>();
  const isMessage = new Ajv().compile(SubjectStateMessage);
  for (const [subject, text] of await topic()) {
    const message = JSON.parse(text) as SubjectStateMessage;
    expect([isMessage(message), isMessage.errors]).toEqual([true, null]);
    expect(message).toMatchObject({ subject, foldVersion: 1 });
    states.set(subject, message.state);
  }
  expect(states).toEqual(await projected());
}

async function list(from: number, to: number): Promise<void> {
  for (let number = from; number < to; number++) {
    const [subject, listing] = [idOf('subject', number), `${idOf('case', number)}-1`];
    const { position: cause } = ledgers.record(subjectListed(subject, listing));
    ledgers.record(measuresDecided(subject, { ledger: 'court', id: listing }, { cause }));
    ledgers.record(listingTakenIn(subject, idOf('entry', number), '2026-01-01T00:00:00Z'));
  }
  await ledgers.deliver(consumer);
}

/** Resolves with the marks of the topic once they are where the ledgers are. */
async function marksAtTheHeads() {
  for (;;) {
    const { states, marks } = await wholeTopic();
    const isThere = [...marks.values()].some(({ position }) => {
      return position.court === lastOf('court') || position.regulatory === lastOf('regulatory');
    });
    if (isThere) return { states, marks };
  }
}
const lastOf = (ledger: 'court' | 'regulatory') =>
  ledgers.facts[ledger].findLast(({ subject }) => subject !== undefined)?.position;

withKafka('the compacted topic of states', () => {
  it('ends with the projection’s state, also of what was there before it was begun', async () => {
    ledgers.record(listDeclared());
    await list(0, 40);
    await test.host.pools.writer.query('DELETE FROM projection.state_due');
    publish();
    await untilAllIsPublished();
    await expectTopicToBeTheProjection();
  });

  it('says per bucket how far it is whole, after the states it speaks of', async () => {
    publish();
    await untilAllIsPublished();
    const { states, marks } = await marksAtTheHeads();
    expect([...marks.keys()].toSorted((a, b) => a - b)).toEqual(ALL);
    const isMark = new Ajv().compile(StateMark);
    for (const mark of marks.values()) expect(isMark(mark)).toBe(true);
    for (const [subject, text] of states) {
      const { position } = JSON.parse(text) as SubjectStateMessage;
      const mark = marks.get(bucketOf(subject));
      expect(mark?.position.court).toBeGreaterThanOrEqual(position.court);
    }
  });

  it('marks nothing while a state is due', async () => {
    const marked: StateMark[][] = [];
    const never = { open: async () => {}, close: async () => {} };
    let tried: () => void = () => undefined;
    const wasTried = new Promise<void>((resolve) => (tried = resolve));
    publish({
      ...never,
      publish: () => {
        tried();
        return Promise.reject(new Error('no broker'));
      },
      mark: async (marks) => void marked.push([...marks]),
    });
    await list(70, 71);
    await wasTried;
    expect(marked.flat().filter(({ position }) => position.court === lastOf('court'))).toEqual([]);
    const { writer } = test.host.pools;
    expect(await readMarks(writer, await liveSet(writer), test.clock.now())).toEqual([]);
  });

  it('goes on where it stopped', async () => {
    await list(40, 50);
    for (const number of [1, 2, 45]) {
      ledgers.record(subjectDelisted(idOf('subject', number), `${idOf('case', number)}-1`));
    }
    await ledgers.deliver(consumer);
    expect(await count('state_due')).toBeGreaterThan(0);
    publish();
    await untilAllIsPublished();
    await expectTopicToBeTheProjection();
    const { position } = JSON.parse(
      (await topic()).get(idOf('subject', 45))!,
    ) as SubjectStateMessage;
    expect(position.court).toBe(ledgers.facts.court.length - 1);
  });

  it('is published again when nobody knows whether it was, by whoever comes next', async () => {
    const real = kafkaPublisher();
    const failed = new Promise<void>((resolve) => {
      publish({
        open: () => real.open(),
        close: () => real.close(),
        mark: (marks) => real.mark(marks),
        publish: async (states) => {
          await real.publish(states.slice(0, 1));
          resolve();
          throw new Error('the connection was cut');
        },
      });
    });
    await list(50, 60);
    await failed;
    expect(await count('state_due')).toBeGreaterThan(0);
    await running.pop()?.stop();
    publish();
    await untilAllIsPublished();
    await expectTopicToBeTheProjection();
  });

  it('has one publisher at a time, and the next one takes over', async () => {
    const published: string[] = [];
    const recording = (name: string): Publisher => {
      const real = kafkaPublisher();
      return {
        open: () => real.open(),
        close: () => real.close(),
        mark: (marks) => real.mark(marks),
        publish: async (states) => {
          published.push(name);
          await real.publish(states);
        },
      };
    };
    const first = publish(recording('first'));
    await list(60, 61);
    await untilAllIsPublished();
    publish(recording('second'));
    await list(61, 62);
    await untilAllIsPublished();
    expect(new Set(published)).toEqual(new Set(['first']));
    await first.stop();
    await list(62, 63);
    await untilAllIsPublished();
    expect(published.at(-1)).toBe('second');
    await expectTopicToBeTheProjection();
  });

  it('has a tombstone for a subject of whom nothing is kept', async () => {
    const subject = idOf('subject', 3);
    const { writer } = test.host.pools;
    await writer.query('DELETE FROM projection.state_a WHERE subject = $1::uuid', [subject]);
    await noteDue(writer, [subject]);
    publish();
    await untilAllIsPublished();
    expect((await topic()).has(subject)).toBe(false);
    await expectTopicToBeTheProjection();
  });

  it('never holds up the fold: without a broker changes wait', async () => {
    publish({
      open: () => Promise.reject(new Error('no broker')),
      close: async () => {},
      publish: () => Promise.reject(new Error('no broker')),
      mark: () => Promise.reject(new Error('no broker')),
    });
    await list(63, 70);
    expect(await count('state_due')).toBeGreaterThan(0);
    const { rows } = await test.host.pools.reader.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM projection.state_a WHERE subject = $1::uuid',
      [idOf('subject', 69)],
    );
    expect(rows[0]!.count).toBe(3);
  });
});
