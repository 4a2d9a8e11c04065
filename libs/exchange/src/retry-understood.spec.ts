import { describe, expect, it } from '@jest/globals';
import { retryUnderstoodOf } from './projecting-consumer.postgres.js';
import type { Quarantined } from './quarantine.postgres.js';

const waiting = (subject: string, changes: Partial<Quarantined> = {}): Quarantined => ({
  consumer: 'projection',
  ledger: 'court',
  subject,
  bucket: 0,
  firstPosition: 7,
  reason: 'fact_version_unknown',
  factType: 'court.listing-corrected.v1',
  since: '2026-03-02T09:00:00.000Z',
  positions: [7],
  ...changes,
});

describe('what an older build set aside', () => {
  it('is tried where this build knows the type, and poison is not', async () => {
    const tried: string[] = [];
    const consumer = {
      quarantine: async () => [
        waiting('away'),
        waiting('known'),
        waiting('unknown', { factType: 'court.of-tomorrow.v1' }),
        waiting('poison', { reason: 'fact_is_poison' }),
      ],
      retry: async (_: unknown, subject: string) => {
        tried.push(subject);
        if (subject === 'away') throw new Error('the ledger cannot be reached');
        return true;
      },
    };
    const understands = (type: string) => type === 'court.listing-corrected.v1';
    const released = await retryUnderstoodOf(consumer, understands, { fetch: async () => [] });
    expect({ tried, released }).toEqual({ tried: ['away', 'known'], released: 1 });
  });
});
