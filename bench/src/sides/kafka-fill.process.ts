import { KafkaFactPublisher } from '@writ/exchange';
import { openMemoryLedger } from '@writ/ledger';
import { listingOf, subjectDelisted, subjectListed } from '../bench-facts.js';
import { serveSide } from '../side.process.js';

/** Two facts per subject: a listing and its end, far apart. */
export type KafkaFillQuestion = { subjects: number };

const PAGE = 5_000;

/** Publishes a court's facts as its relay does. @returns how many */
serveSide<{ brokers: string[] }, KafkaFillQuestion, number>(async ({ brokers }) => {
  const publisher = new KafkaFactPublisher({ brokers, clientId: 'bench-fill', ledger: 'court' });
  await publisher.open();
  return {
    answer: async ({ subjects }) => {
      const clock = { now: () => new Date() };
      const { writer, reader } = openMemoryLedger({ ledger: 'court', clock });
      const append = (version: 0 | 1) => async (from: number) => {
        const numbers = Array.from({ length: Math.min(PAGE, subjects - from) }, (_, n) => from + n);
        await writer.appendBulk(
          numbers.map((n) => {
            const stream = `listing-${listingOf(n)}`;
            const event = version === 0 ? subjectListed(n) : subjectDelisted(n);
            const key = `${stream}/${version}`;
            const expect = [{ stream, version }];
            return { key, fingerprint: 'bench', expect, write: [{ stream, event }] };
          }),
        );
      };
      for (const version of [0, 1] as const) {
        for (let from = 0; from < subjects; from += PAGE) await append(version)(from);
      }
      let after = -1;
      for (;;) {
        const { facts } = await reader.readFrom(after, PAGE);
        if (facts.length === 0) return after + 1;
        await publisher.publish(facts);
        after = facts.at(-1)?.position ?? after;
      }
    },
    close: () => publisher.close(),
  };
});
