import { describe, expect, it } from '@jest/globals';
import type { Watermark } from '@writ/contracts';
import type { LedgerReader } from '@writ/ledger';
import { subjectIn, TestLedger } from './contract/test-ledger.fixture.js';
import { EmbeddedFactSource } from './embedded-source.embedded.js';
import type { FactConsumer } from './fact-source.js';
import { relay, type FactPublisher } from './relay.js';

const ASKED = '2026-03-01T00:00:00.000Z';
const LATER = '2026-03-01T00:00:09.000Z';

/** A ledger that takes nine seconds to answer: what is recorded meanwhile is not in its head. */
function slowLedger() {
  const ledger = new TestLedger();
  ledger.record({ subject: subjectIn(1) });
  const clock = { time: ASKED, now: () => new Date(clock.time) };
  const slowly = async <T>(read: Promise<T>): Promise<T> => {
    const result = await read;
    clock.time = LATER;
    return result;
  };
  const sound = ledger.reader();
  const reader: LedgerReader = {
    ...sound,
    // Only where the size is told: elsewhere no time passes.
    readFrom: (after, limit) => slowly(sound.readFrom(after, limit)),
    head: () => slowly(sound.head()),
  };
  return { reader, sound, clock };
}

describe('a watermark is no later than the head that it vouches for', () => {
  it('from a relay', async () => {
    const { reader, sound, clock } = slowLedger();
    const stopping = new AbortController();
    const marks: Watermark[] = [];
    const publisher: FactPublisher = {
      open: async () => undefined,
      newest: async () => [],
      publish: async () => undefined,
      publishWatermarks: async (watermarks) => {
        marks.push(...watermarks);
        stopping.abort();
      },
      close: async () => undefined,
    };
    const places = { load: async () => ({ epoch: 0, place: -1 }), move: async () => undefined };
    // The relay asks for the head at its start, too.
    let heads = 0;
    const head = () => (heads++ === 0 ? sound.head() : reader.head());
    const parts = { ledger: 'court' as const, clock, publisher, places };
    const pause = async () => undefined;
    await relay({ ...parts, reader: { ...sound, head }, pause }, stopping.signal);
    expect(marks[1]).toMatchObject({ last: 0, at: ASKED });
  });

  it('from an embedded source', async () => {
    const { reader, sound, clock } = slowLedger();
    const marks: Watermark[] = [];
    let isTold = () => undefined as void;
    const told = new Promise<void>((resolve) => (isTold = resolve));
    const consumer: FactConsumer = {
      name: 'test',
      ledgers: ['court'],
      places: async (keys) => keys.map((key) => ({ ...key, epoch: 0, place: -1, upTo: -1 })),
      apply: async ({ buckets }) => {
        marks.push(...buckets.flatMap(({ watermark }) => watermark ?? []));
        isTold();
        return { gaps: [] };
      },
    };
    const readers = { court: { ...reader, head: () => sound.head() } };
    const source = new EmbeddedFactSource({ readers, clock, watermarkMs: 1 });
    await source.start(consumer);
    await told;
    await source.stop();
    expect(marks[1]).toMatchObject({ last: 0, at: ASKED });
  });
});
