import { ALL_BUCKETS } from '@writ/contracts';
import type { LedgerHead } from '@writ/ledger';
import { leafOf } from './join-on.js';
import type { Published, RelayOptions } from './relay.js';

/** Topics or relay hold what the ledger does not: nobody may publish until it is settled. */
export class RelayHoldsMore extends Error {}

const PAGE = 1_000;

type Named = { where: string; epoch: number; position: number; leaf?: string };

/**
 * Where a relay goes on: at its own place, or before the first fact that the topics lack (deleted
 * and made anew, say), since the ledger can publish everything again.
 *
 * @returns the position after which everything is to be published; -1: from the start
 * @throws RelayHoldsMore when the topics were fed from a ledger that is not (or no longer) this
 */
export async function relayStart(options: RelayOptions): Promise<number> {
  const { ledger, reader, publisher, places } = options;
  const own = await places.load();
  const newest = await publisher.newest();
  // Last: a zombie of this relay may still be publishing what was recorded meanwhile.
  const head = await reader.head();
  const where = `${ledger}: published to ${own.place} of epoch ${own.epoch}`;
  if (own.place >= 0) await assertHeld(options, head, { ...own, where, position: own.place });
  for (const published of newest) {
    const { topic, partition, epoch, position } = published;
    const inTopic = `${topic}/${partition} holds ${position} of epoch ${epoch}`;
    await assertHeld(options, head, { ...published, where: inTopic });
  }
  const lacking = await beforeFirstLacking(options, head, own.place, newest);
  return Math.min(own.place, lacking);
}

/** What was published must be in the ledger; otherwise it was restored, or is another ledger. */
async function assertHeld({ reader }: RelayOptions, head: LedgerHead, named: Named): Promise<void> {
  const { where, epoch, position, leaf } = named;
  if (position >= head.size || epoch > head.epoch) {
    throw new RelayHoldsMore(`${where}, the ledger ends before`);
  }
  const [fact] = (await reader.readFrom(position - 1, 1)).facts;
  if (fact?.epoch !== epoch || (leaf !== undefined && leafOf(fact) !== leaf)) {
    throw new RelayHoldsMore(`${where}, the ledger another fact there`);
  }
}

/** @returns the newest position of the bucket that is most behind; `place` when none lacks any */
async function beforeFirstLacking(
  options: RelayOptions,
  head: LedgerHead,
  place: number,
  newest: readonly Published[],
): Promise<number> {
  const due = await lastUpTo(options, head, place);
  const held = new Map(newest.map(({ bucket, position }) => [bucket, position]));
  const behind = ALL_BUCKETS.filter((bucket) => (held.get(bucket) ?? -1) < (due[bucket] ?? -1));
  return Math.min(place, ...behind.map((bucket) => held.get(bucket) ?? -1));
}

/** @returns per bucket the last position at or before a place, told by the `prev` of the next */
async function lastUpTo(
  { reader }: RelayOptions,
  head: LedgerHead,
  place: number,
): Promise<number[]> {
  const last = [...head.bucketLast];
  const open = new Set(ALL_BUCKETS.filter((bucket) => (last[bucket] ?? -1) > place));
  for (let after = place; open.size > 0;) {
    const { facts } = await reader.readFrom(after, PAGE);
    if (facts.length === 0) break;
    for (const { bucket, prev } of facts) if (open.delete(bucket)) last[bucket] = prev;
    after += facts.length;
  }
  return last;
}
