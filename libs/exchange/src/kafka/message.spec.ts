import { describe, expect, it } from '@jest/globals';
import type { DeliveredFact } from '@writ/contracts';
import { decodeFact, decodeWatermark, encodeFact, encodeWatermark } from './message.js';

const subject = `03${'0'.repeat(30)}`;
const fact: DeliveredFact = {
  ledger: 'court',
  epoch: 2,
  position: 41,
  bucket: 3,
  prev: 17,
  type: 'court.subject-listed.v1',
  subject,
  canonical: `{"data":{"recordedAt":"not this"},"recordedAt":"2026-03-01T00:00:00.000Z","type":"x"}`,
};
const here = { ledger: 'court' as const, bucket: 3 };

describe('a fact as a message', () => {
  it('is CloudEvents 1.0 in binary mode: attributes in headers, the recorded bytes as value', () => {
    expect(encodeFact(fact)).toEqual({
      key: subject,
      value: fact.canonical,
      headers: {
        ce_specversion: '1.0',
        ce_id: 'court/2/41',
        ce_source: '/writ/court',
        ce_type: 'court.subject-listed.v1',
        ce_time: '2026-03-01T00:00:00.000Z',
        ce_subject: subject,
        'content-type': 'application/json',
        ce_ledger: 'court',
        ce_epoch: '2',
        ce_position: '41',
        ce_prev: '17',
        ce_bucket: '3',
      },
    });
  });

  it('is read back from its headers, body untouched', () => {
    const { headers, value } = encodeFact(fact);
    expect(decodeFact(headers, Buffer.from(value), here)).toEqual(fact);
  });

  it.each([
    ['no position', { ce_position: undefined }],
    ['a position that is no number', { ce_position: '4x' }],
    ['a position with a leading zero', { ce_position: '041' }],
    ['a position of seventeen digits', { ce_position: '12345678901234567' }],
    ['an empty position', { ce_position: Buffer.alloc(0) }],
    ['a prev below none', { ce_prev: '-2' }],
    ['a prev after itself', { ce_prev: '41' }],
    ['another ledger', { ce_ledger: 'regulatory' }],
    ['another bucket', { ce_bucket: '4' }],
    ['no epoch', { ce_epoch: '0' }],
    ['no type', { ce_type: undefined }],
  ])('cannot be read with %s', (_, change) => {
    const headers = { ...encodeFact(fact).headers, ...change };
    expect(decodeFact(headers, Buffer.from('{}'), here)).toBeUndefined();
  });

  it('cannot be read without headers or body', () => {
    expect(decodeFact(undefined, Buffer.from('{}'), here)).toBeUndefined();
    expect(decodeFact(encodeFact(fact).headers, null, here)).toBeUndefined();
  });
});

describe('a watermark as a message', () => {
  const watermark = { ...here, epoch: 1, upTo: 9, last: 4, at: '2026-03-01T00:00:00.000Z' };

  it('comes back as it went', () => {
    const { value } = encodeWatermark(watermark);
    expect(decodeWatermark(Buffer.from(value), 'court')).toEqual(watermark);
  });

  it.each([
    ['garbage', '{'],
    ['of another ledger', '{"ledger":"regulatory","epoch":1,"bucket":1,"upTo":1,"last":1}'],
  ])('is ignored when %s', (_, value) => {
    expect(decodeWatermark(Buffer.from(value), 'court')).toBeUndefined();
  });
});
