import { ALL_BUCKETS, type LedgerName } from '@writ/contracts';
import { loadPlaces } from '@writ/exchange';
import type { OpenHost } from './host.process.js';

/** How far one consumer is behind one bucket of one ledger. */
export type Lag = {
  consumer: string;
  ledger: LedgerName;
  bucket: number;
  /** Age of the newest watermark it has; undefined: none yet. */
  seconds?: number;
  /** Positions between its place and the bucket's last fact, as the watermark tells. */
  positions: number;
};

/** @returns one line per consumer, ledger and bucket, from its place table */
export async function lagOf(host: OpenHost): Promise<Lag[]> {
  const nowMs = host.clock.now().getTime();
  const lines: Lag[] = [];
  for (const consumer of host.consumers) {
    const keys = consumer.ledgers.flatMap((ledger) =>
      ALL_BUCKETS.map((bucket) => ({ ledger, bucket })),
    );
    for (const stored of await loadPlaces(host.pools.reader, consumer.name, keys)) {
      const { ledger, bucket, place, watermark } = stored;
      const line = { consumer: consumer.name, ledger, bucket };
      if (!watermark) lines.push({ ...line, positions: 0 });
      else {
        const seconds = Math.max(0, (nowMs - Date.parse(watermark.at)) / 1_000);
        lines.push({ ...line, seconds, positions: Math.max(0, watermark.last - place) });
      }
    }
  }
  return lines;
}
