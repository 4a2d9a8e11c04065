import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { ALL_BUCKETS, bucketOf, SUBJECT_BUCKETS } from './bucket.js';
import { Watermark } from './delivery.js';
import { LEDGERS } from './envelope.js';
import { TOPICS } from './topics.js';

const subjectWith = (byte: number) => `${byte.toString(16).padStart(2, '0')}${'0'.repeat(30)}`;

describe('the bucket of a fact', () => {
  it('is the first byte of its subject mod 32', () => {
    for (let byte = 0; byte < 256; byte++) expect(bucketOf(subjectWith(byte))).toBe(byte % 32);
  });

  it('is the 33rd for a fact without one', () => expect(bucketOf(undefined)).toBe(32));

  it.each(['', 'zz', '0'.repeat(31), '0'.repeat(33), 'A'.repeat(32)])(
    'does not exist for %j',
    (subject) => expect(() => bucketOf(subject)).toThrow(RangeError),
  );
});

describe('topics', () => {
  it('have a partition for every subject bucket, and one for facts without a subject', () => {
    const partitions = new Map(TOPICS.map(({ name, partitions }) => [name, partitions]));
    for (const ledger of LEDGERS) {
      expect(partitions.get(`${ledger}.facts`)).toBe(SUBJECT_BUCKETS);
      expect(partitions.get(`${ledger}.reference`)).toBe(1);
      expect(partitions.get(`${ledger}.watermarks`)).toBe(SUBJECT_BUCKETS);
    }
    expect(ALL_BUCKETS.length).toBe(SUBJECT_BUCKETS + 1);
  });

  it('of facts are kept for ever and never compacted', () => {
    const facts = TOPICS.filter(({ name }) => /\.(facts|reference)$/.test(name));
    expect(facts.length).toBe(6);
    for (const topic of facts) {
      expect(topic).toMatchObject({ cleanup: 'delete', retentionMs: -1 });
    }
  });
});

describe('a watermark', () => {
  const validate = new Ajv({ strict: true }).compile(Watermark);
  const watermark: Watermark = {
    ledger: 'enforcement',
    epoch: 1,
    bucket: 32,
    upTo: 41,
    last: -1,
    at: '2026-03-02T09:00:00.000Z',
    assessed: { court: 5, regulatory: -1, reference: 0 },
  };

  it('is a closed shape', () => {
    expect(validate(watermark)).toBe(true);
    expect(validate({ ...watermark, more: 1 })).toBe(false);
    expect(validate({ ...watermark, assessed: { court: 5 } })).toBe(false);
    expect(validate({ ...watermark, bucket: 33 })).toBe(false);
    expect(validate({ ...watermark, last: -2 })).toBe(false);
  });
});
