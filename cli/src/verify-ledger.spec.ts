import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { DeliveredFact } from '@writ/contracts';
import { beginVerification, checkFact, rootOf } from './verify-ledger.js';

/** Canonical text of a made-up fact: members in order, as the ledger would have written them. */
function canonical(position: number, change: object = {}): string {
  const fact = {
    authority: 'xx.court',
    authoritySeq: position + 1,
    epoch: 1,
    ledger: 'court',
    position,
    recordedAt: '2026-01-01T00:00:00.000Z',
    stream: `case-${position % 2}`,
    subject: '05'.repeat(16),
    type: 'court.case-opened.v1',
    version: Math.floor(position / 2) + 1,
    ...change,
  };
  return JSON.stringify(fact);
}

function delivered(position: number, change: object = {}, beside: object = {}): DeliveredFact {
  return {
    ledger: 'court',
    epoch: 1,
    position,
    bucket: 5,
    prev: position - 1,
    type: 'court.case-opened.v1',
    canonical: canonical(position, change),
    ...beside,
  };
}

const facts = (count: number) =>
  Array.from({ length: count }, (_, position) => delivered(position));

function verify(all: readonly DeliveredFact[]) {
  const seen = beginVerification('court');
  for (const fact of all) checkFact(seen, fact);
  return seen;
}

const sha = (...parts: (string | Buffer)[]) =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();

/** RFC 6962, section 2.1, written down as it stands there. */
function merkleTreeHash(leaves: readonly string[]): Buffer {
  if (leaves.length === 0) return sha('');
  if (leaves.length === 1) return sha('\0', leaves[0] ?? '');
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha('\x01', merkleTreeHash(leaves.slice(0, split)), merkleTreeHash(leaves.slice(split)));
}

describe('verifying a ledger', () => {
  it.each([0, 1, 2, 3, 5, 8, 21])('finds nothing wrong with %i sound facts', (count) => {
    const seen = verify(facts(count));
    expect(seen.faults).toEqual([]);
    expect(rootOf(seen)).toBe(
      merkleTreeHash(facts(count).map((fact) => fact.canonical)).toString('hex'),
    );
  });

  it.each<[string, DeliveredFact]>([
    ['positions_are_dense_from_0', delivered(3, { position: 4 })],
    ['positions_are_dense_from_0', delivered(3, {}, { position: 4 })],
    ['versions_of_a_stream_are_dense_from_1', delivered(3, { version: 3 })],
    ['versions_of_a_stream_are_dense_from_1', delivered(3, { version: 1 })],
    ['numbers_of_an_authority_are_dense_from_1', delivered(3, { authoritySeq: 5 })],
    ['fact_is_of_another_ledger', delivered(3, { ledger: 'regulatory' })],
    ['epochs_never_go_back', delivered(3, { epoch: 0 })],
    ['recorded_times_never_go_back', delivered(3, { recordedAt: '2025-12-31T23:59:59.999Z' })],
    ['bucket_is_that_of_the_subject', delivered(3, {}, { bucket: 6 })],
    ['previous_position_is_that_of_the_bucket', delivered(3, {}, { prev: 1 })],
    ['subject_is_no_subject_id', delivered(3, { subject: 'somebody' })],
    ['canonical_text_is_not_a_fact', delivered(3, {}, { canonical: '{"a":1' })],
    ['text_is_not_canonical', delivered(3, {}, { canonical: `${canonical(3)} ` })],
  ])('finds %s', (rule, broken) =>
    expect(verify([...facts(3), broken]).faults).toContainEqual({ position: 3, rule }),
  );

  it('finds a changed fact by its root alone', () => {
    const changed = [...facts(2), delivered(2, { type: 'court.notice-served.v1' })];
    expect(verify(changed).faults).toEqual([]);
    expect(rootOf(verify(changed))).not.toBe(rootOf(verify(facts(3))));
  });
});
