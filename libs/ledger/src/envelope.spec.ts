import { describe, expect, it } from '@jest/globals';
import { CATALOGUE } from '@writ/contracts';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { CANONICAL_BYTES_MAX, canonicalText } from './canonical.js';
import { canonicalOf, recordedAtOf, templateOf, typeAndSubject } from './envelope.js';
import { sampleFact, sampleReferenceFact } from './sample-facts.fixture.js';

const placement = {
  epoch: 3,
  position: 9_007_199_254_740_000,
  version: 12,
  authoritySeq: 77,
  recordedAt: '2026-03-02T09:00:00.000Z',
};
const envelope = (stream: string) => ({
  ...placement,
  leafVersion: 1,
  ledger: 'court',
  stream,
});

describe('the envelope', () => {
  it('put together from pieces is the canonical text of the whole', () => {
    const optional = fc.record({
      occurredAt: fc.constantFrom(undefined, '2026-03-01T00:00:00Z'),
      causedBy: fc.constantFrom(undefined, { ledger: 'regulatory' as const, position: 4 }),
    });
    fc.assert(
      fc.property(fc.nat(), fc.boolean(), optional, (n, subject, change) => {
        const fact = subject ? sampleFact(n, change) : { ...sampleReferenceFact(n), ...change };
        const template = templateOf('court', 'case-1', fact);
        const text = canonicalOf(template, placement);
        expect(text).toBe(canonicalText({ ...fact, ...envelope('case-1') }));
        expect(typeAndSubject(text)).toEqual(
          subject ? { type: fact.type, subject: fact.subject } : { type: fact.type },
        );
        expect(recordedAtOf(text)).toBe(placement.recordedAt);
      }),
    );
  });

  it('fits the schema of the catalogue', () => {
    const { schema } = CATALOGUE['court.notice-served.v1'];
    const text = canonicalOf(templateOf('court', 'case-1', sampleFact(1)), placement);
    expect(new Ajv().validate(schema, JSON.parse(text))).toBe(true);
  });

  it('is at most 60,000 bytes, whatever the sequencer adds', () => {
    const filled = (length: number) => sampleFact(1, { data: { text: 'é'.repeat(length) } });
    const text = (length: number) =>
      canonicalOf(templateOf('court', 'case-1', filled(length)), placement);
    expect(Buffer.byteLength(text(29_700))).toBeLessThanOrEqual(CANONICAL_BYTES_MAX);
    expect(() => text(30_000)).toThrow('event_is_too_large');
  });

  it('is not misled by what the data says', () => {
    const data = { recordedAt: '1999', type: 'x', subject: 'f'.repeat(32), stream: 'y' };
    const text = canonicalOf(
      templateOf('court', 'case-1', { ...sampleReferenceFact(1), data }),
      placement,
    );
    expect(typeAndSubject(text)).toEqual({ type: 'court.case-opened.v1' });
    expect(recordedAtOf(text)).toBe(placement.recordedAt);
  });
});
