import { ALL_BUCKETS, bucketOf, type Fact, type LedgerName } from '@writ/contracts';
import { canonicalText } from './canonical.js';
import { leafHash } from './leaf.js';
import type { LedgerVerification } from './ledger.js';
import { appendLeaf, emptyTree, frontierOf, rootOfFrontier, type Tile } from './merkle.js';

/** An event as stored, with the position of the stream's version before it (-1: none). */
export type StoredEvent = {
  position: number;
  prev: number;
  version: number;
  epoch: number;
  bucket: number;
  stream: string;
  leaf: string;
  canonical: string;
  previousVersionAt: number;
};

/** A batch row as stored; hashes in hex. */
export type StoredBatch = {
  size: number;
  frontier: string;
  bucketLast: number[];
  recordedAt: string;
  epoch: number;
};

export type StoredTile = { level: number; index: number; root: string; hashes: string };
export type StoredEpoch = { epoch: number; from: number };

const FAULTS_MAX = 20;

/**
 * Checks a ledger from its first event, page by page, in memory that does not grow with it:
 * positions dense, versions, prev and bucket, envelope, canonical text, leaf, authority's numbers,
 * times, epochs; frontier and buckets of every batch; tiles.
 */
export class LedgerCheck {
  readonly #tree = emptyTree();
  readonly #bucketLast = ALL_BUCKETS.map(() => -1);
  readonly #authorities = new Map<string, number>();
  readonly #faults: LedgerVerification['faults'] = [];
  #faultCount = 0;
  #recordedAt = '';

  constructor(
    private readonly ledger: LedgerName,
    private readonly epochs: readonly StoredEpoch[],
  ) {}

  /** @returns how many events have been checked = the position that must come next */
  get size(): number {
    return this.#tree.size;
  }

  /**
   * @param events that follow on those checked
   * @param batches that end within these events
   * @param tiles that these events complete
   */
  page(
    events: readonly StoredEvent[],
    batches: readonly StoredBatch[],
    tiles: readonly StoredTile[],
  ): void {
    const batchAt = new Map(batches.map((batch) => [batch.size, batch]));
    const tileAt = new Map(tiles.map((tile) => [`${tile.level}/${tile.index}`, tile]));
    for (const event of events) {
      const { position } = event;
      this.#expect(position === this.size, position, 'positions_are_dense');
      this.#checkEvent(event);
      const completed = appendLeaf(this.#tree, leafHash(event.canonical));
      this.#checkTiles(position, completed, tileAt);
      const batch = batchAt.get(this.size);
      if (batch) this.#checkBatch(position, batch);
      batchAt.delete(this.size);
    }
    for (const { size } of batchAt.values()) this.#expect(false, size - 1, 'batch_has_its_events');
    for (const tile of tileAt.values()) this.#expect(false, tile.index, 'tile_has_its_events');
  }

  #expect(holds: boolean, position: number, rule: string): void {
    if (holds) return;
    this.#faultCount++;
    if (this.#faults.length < FAULTS_MAX) this.#faults.push({ position, rule });
  }

  #checkEvent(event: StoredEvent): void {
    const { position, version, bucket, prev, epoch, stream, canonical } = event;
    const at = (holds: boolean, rule: string) => this.#expect(holds, position, rule);
    at(leafHash(canonical) === event.leaf, 'leaf_is_the_hash_of_the_text');
    at(
      version === 1 ? event.previousVersionAt === -1 : event.previousVersionAt >= 0,
      'versions_are_dense',
    );
    at(event.previousVersionAt < position, 'versions_follow_positions');
    const fact = parsed(canonical);
    if (!fact) return at(false, 'text_is_canonical');
    const stored = { ledger: this.ledger, epoch, position, stream, version };
    for (const [name, value] of Object.entries(stored)) {
      at(fact[name as keyof Fact] === value, `envelope_says_its_${name}`);
    }
    at(bucketOf(fact.subject) === bucket, 'bucket_is_of_the_subject');
    at(this.#bucketLast[bucket] === prev, 'prev_is_the_last_of_its_bucket');
    this.#bucketLast[bucket] = position;
    at(fact.recordedAt >= this.#recordedAt, 'times_do_not_run_backwards');
    this.#recordedAt = fact.recordedAt;
    const seq = (this.#authorities.get(fact.authority) ?? 0) + 1;
    at(fact.authoritySeq === seq, 'authority_numbers_are_dense');
    this.#authorities.set(fact.authority, fact.authoritySeq);
    at(this.#epochAt(position) === epoch, 'epoch_was_open');
  }

  #epochAt(position: number): number | undefined {
    return this.epochs.findLast(({ from }) => from <= position)?.epoch;
  }

  #checkTiles(position: number, completed: Tile[], stored: Map<string, StoredTile>): void {
    for (const { level, index, hashes, root } of completed) {
      const name = `${level}/${index}`;
      const tile = stored.get(name);
      stored.delete(name);
      const holds = tile?.root === root && tile.hashes === hashes;
      this.#expect(holds, position, 'tile_is_of_its_leaves');
    }
  }

  #checkBatch(position: number, batch: StoredBatch): void {
    const at = (holds: boolean, rule: string) => this.#expect(holds, position, rule);
    const frontier = frontierOf(this.#tree);
    at(batch.frontier === frontier, 'frontier_is_of_its_leaves');
    at(batch.bucketLast.join() === this.#bucketLast.join(), 'batch_knows_its_buckets');
    at(batch.recordedAt === this.#recordedAt, 'batch_has_its_time');
    at(batch.epoch === this.#epochAt(position), 'batch_is_of_its_epoch');
  }

  /** @param headSize of the ledger when the check began: all of it must have been seen */
  result(headSize: number): LedgerVerification {
    this.#expect(this.size >= headSize, this.size, 'events_reach_the_head');
    const root = rootOfFrontier(frontierOf(this.#tree));
    return { ok: this.#faultCount === 0, size: this.size, root, faults: this.#faults };
  }
}

function parsed(canonical: string): Fact | undefined {
  try {
    const fact: unknown = JSON.parse(canonical);
    return canonicalText(fact) === canonical ? (fact as Fact) : undefined;
  } catch {
    return undefined;
  }
}
