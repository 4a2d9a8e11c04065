import { createHash } from 'node:crypto';
import { bucketOf, type DeliveredFact, type Fact, type LedgerName } from '@writ/contracts';
import { heed, type Numbering } from './authority-numbers.js';

/** A rule of the ledger that a fact breaks. */
export type Fault = { position: number; rule: string };

/**
 * What has been seen of a ledger so far. Shares no code with the ledger itself, so that the two
 * must agree on the bytes and not merely on a library. `checkFact` changes it.
 */
export type Verification = {
  ledger: LedgerName;
  size: number;
  epoch: number;
  recordedAt: string;
  /** Newest version of each stream. */
  versions: Map<string, number>;
  numbering: Numbering;
  /** Newest position of each bucket. */
  buckets: Map<number, number>;
  /** Roots of the complete subtrees, that of the largest first, with their heights. */
  frontier: { height: number; hash: Buffer }[];
  /** The first hundred. */
  faults: Fault[];
  faultCount: number;
};

/** @returns a verification that has seen nothing yet */
export function beginVerification(ledger: LedgerName): Verification {
  return {
    ledger,
    size: 0,
    epoch: 1,
    recordedAt: '',
    versions: new Map(),
    numbering: new Map(),
    buckets: new Map(),
    frontier: [],
    faults: [],
    faultCount: 0,
  };
}

const FAULTS_KEPT = 100;

/** Takes one more fact, in the order of the ledger. */
export function checkFact(seen: Verification, delivered: DeliveredFact): void {
  const position = seen.size;
  const fault = (rule: string) => {
    seen.faultCount++;
    if (seen.faults.length < FAULTS_KEPT) seen.faults.push({ position, rule });
  };
  const fact = factOf(delivered.canonical);
  addLeaf(seen, delivered.canonical);
  if (!fact) return fault('canonical_text_is_not_a_fact');
  if (canonicalText(fact) !== delivered.canonical) fault('text_is_not_canonical');
  if (delivered.position !== position || fact.position !== position) {
    fault('positions_are_dense_from_0');
  }
  if (fact.ledger !== seen.ledger) fault('fact_is_of_another_ledger');
  if (fact.epoch < seen.epoch) fault('epochs_never_go_back');
  if (fact.recordedAt < seen.recordedAt) fault('recorded_times_never_go_back');
  if (fact.version !== (seen.versions.get(fact.stream) ?? 0) + 1) {
    fault('versions_of_a_stream_are_dense_from_1');
  }
  if (!heed(seen.numbering, fact)) fault('numbers_of_an_authority_are_dense_from_1');
  if (!isSubjectId(fact.subject)) return fault('subject_is_no_subject_id');
  const bucket = bucketOf(fact.subject);
  if (delivered.bucket !== bucket) fault('bucket_is_that_of_the_subject');
  if (delivered.prev !== (seen.buckets.get(bucket) ?? -1)) {
    fault('previous_position_is_that_of_the_bucket');
  }
  seen.epoch = fact.epoch;
  seen.recordedAt = fact.recordedAt;
  seen.versions.set(fact.stream, fact.version);
  seen.buckets.set(bucket, position);
}

/** @returns the hex RFC 6962 root over every leaf seen */
export function rootOf({ frontier }: Verification): string {
  const [smallest, ...larger] = [...frontier].reverse();
  if (!smallest) return sha256(Buffer.alloc(0)).toString('hex');
  return larger
    .reduce((right, { hash: left }) => sha256(NODE, left, right), smallest.hash)
    .toString('hex');
}

const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

function addLeaf(seen: Verification, canonical: string): void {
  let node = { height: 0, hash: sha256(LEAF, Buffer.from(canonical, 'utf8')) };
  for (let left = seen.frontier.at(-1); left?.height === node.height; left = seen.frontier.at(-1)) {
    seen.frontier.pop();
    node = { height: node.height + 1, hash: sha256(NODE, left.hash, node.hash) };
  }
  seen.frontier.push(node);
  seen.size++;
}

function sha256(...parts: Buffer[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function factOf(canonical: string): Fact | undefined {
  try {
    const fact = JSON.parse(canonical) as Fact | null;
    return typeof fact?.stream === 'string' && typeof fact.authority === 'string'
      ? fact
      : undefined;
  } catch {
    return undefined;
  }
}

function isSubjectId(subject: string | undefined): boolean {
  return subject === undefined || /^[0-9a-f]{32}$/.test(subject);
}

/** RFC 8785 of parsed JSON whose numbers are integers, which is all a fact may hold. */
function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalText(member)}`);
  return `{${members.join(',')}}`;
}
