import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { CourtFact, Fact, ResolveRequest, SealTextsRequest } from '@writ/contracts';
import { describeFeed, sealWith, type FeedDescription } from '@writ/feeds';
import { openMemoryLedger, type LedgerWriter } from '@writ/ledger';
import { MINIMUM } from '@writ/law';
import { fixedClock } from '@writ/testkit';
import type { CourtContext } from '../court-context.js';
import { importCases, type CasesPorts } from './import-cases.process.js';

export const OBSERVED = '2026-03-01T00:00:00Z';

/** A description that is taken as it is; a refusal fails the test that asks for it. */
export function described(given: unknown): FeedDescription {
  const decision = describeFeed(given);
  if (decision.kind === 'refuse') throw new Error(JSON.stringify(decision.refusal));
  return decision.events[0] as FeedDescription;
}

export function exampleFeed(set: string): FeedDescription {
  const url = new URL(`../../../../examples/feeds/${set}/feed.json`, import.meta.url);
  return described(JSON.parse(readFileSync(url, 'utf8')));
}

/** Identity as far as a register needs it: the same identifier is always the same subject. */
function stubIdentity() {
  const subjects = new Map<string, string>();
  const numbers = new Map<string, { owner: string; text: string }>();
  const names: string[] = [];
  const resolve = async ({ subjects: asked }: ResolveRequest) => ({
    results: asked.map(({ identifiers: [first], name }) => {
      const { scheme = '', value = '' } = first ?? {};
      if (value === 'refused') {
        return { outcome: 'refused' as const, reason: 'checksum_does_not_match', field: '/value' };
      }
      const text = `${scheme} ${value}`;
      const subject = createHash('sha256').update(text).digest('hex').slice(0, 32);
      const created = !subjects.has(text);
      subjects.set(text, subject);
      if (name !== undefined) names.push(name);
      const aliasSequence = subjects.size;
      return { outcome: 'resolved' as const, subject, created, aliasSequence, flags: [] };
    }),
  });
  const sealTexts = async ({ texts }: SealTextsRequest) => {
    for (const { ref, owner, text } of texts) numbers.set(ref, { owner, text });
  };
  return { resolve, sealTexts, subjects, numbers, names };
}

/** A court's import on a ledger of its own; `diesAfter` commands its process is gone. */
export function testCases() {
  const clock = fixedClock('2026-11-01T12:00:00Z');
  const { writer, reader } = openMemoryLedger({ ledger: 'court', clock });
  const mortal = { diesAfter: Infinity };
  const ledger: LedgerWriter = {
    ...writer,
    appendBulk: async (commands) => {
      const survived = commands.slice(0, mortal.diesAfter);
      const outcomes = await writer.appendBulk(survived);
      mortal.diesAfter -= survived.length;
      if (mortal.diesAfter <= 0) throw new Error('killed');
      return outcomes;
    },
  };
  const identity = stubIdentity();
  const declared: string[] = [];
  const declare = async ({ list }: FeedDescription) => void declared.push(list);
  const ports: CasesPorts = { ledger, identity, seal: sealWith(Buffer.alloc(32, 7)), declare };
  const run = (
    feed: FeedDescription,
    bytes: Buffer,
    { observedAt = OBSERVED, name = 'cases.csv', authority = feed.issuer } = {},
  ) =>
    importCases(ports, { feed, file: { name, bytes, observedAt } }, contextOf(authority), {
      correlation: 'ab'.repeat(16),
    });
  const facts = async () => {
    const { facts: page } = await reader.readFrom(-1, 1_000_000);
    return page.map(({ canonical }) => JSON.parse(canonical) as Fact & CourtFact);
  };
  return { run, facts, mortal, identity, declared };

  function contextOf(authority: string): CourtContext {
    return {
      envelope: {
        authority,
        actor: { kind: 'system', id: 'importer', verified: false },
        source: { kind: 'api' },
        correlation: 'ab'.repeat(16),
      },
      now: clock.now(),
      zone: 'Asia/Shanghai',
      law: MINIMUM,
    };
  }
}

/** How listings stand by the facts alone: no code of the import's has a part in it. */
export function standings(facts: readonly CourtFact[]): Map<string, string> {
  const standing = new Map<string, string>();
  for (const { type, data } of facts) {
    if (type === 'court.listing-taken-in.v1') standing.set(data.listing, 'active');
    if (type === 'court.subject-delisted.v1') standing.set(data.listing, data.reason);
    if (type === 'court.listing-annulled.v1') standing.set(data.listing, 'annulled');
  }
  return standing;
}

export function countOf(standing: ReadonlyMap<string, string>, word: string): number {
  return [...standing.values()].filter((other) => other === word).length;
}
