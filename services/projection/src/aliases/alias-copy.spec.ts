import { describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { AliasesWereLost, applyAliases } from './alias-copy.postgres.js';

describe('a page of alias changes', () => {
  const at = '2026-03-02T09:00:00.000Z';
  const nothing = { connect: () => Promise.reject(new Error('asked the database')) };
  const pool = nothing as unknown as Pool;
  const change = {
    kind: 'linked' as const,
    scheme: 'lei',
    alias: 'a'.repeat(64),
    subject: 'b'.repeat(32),
  };
  const page = (last: number, ...sequences: number[]) => ({
    changes: sequences.map((sequence) => ({ ...change, sequence })),
    next: last,
    last,
    at,
  });

  it('of an identity service that was restored to less is no sign of being current', () =>
    expect(applyAliases(pool, 7, page(6))).rejects.toThrow(AliasesWereLost));

  it('that does not join on is refused', () =>
    expect(applyAliases(pool, 7, page(9, 9))).rejects.toThrow('do not join on'));

  it.each([
    ['nothing new', page(7)],
    ['the next one', page(8, 8)],
  ])('with %s is taken in', (_, given) =>
    expect(applyAliases(pool, 7, given)).rejects.toThrow('asked the database'),
  );
});
