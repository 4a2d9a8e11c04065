import type { NewFact } from '@writ/contracts';
import type { FactCommand } from './ledger.js';

/** Ids of 32 hex digits from a number, spread over all buckets. Nobody's. */
export function sampleId(n: number): string {
  return ((n * 7) % 256).toString(16).padStart(2, '0') + n.toString(16).padStart(30, '0');
}

/** A valid court fact about a made-up subject. */
export function sampleFact(n: number, change: Partial<NewFact> = {}): NewFact {
  return {
    type: 'court.notice-served.v1',
    authority: `court-${n % 3}`,
    actor: { kind: 'system', id: 'sample', verified: false },
    source: { kind: 'api' },
    rules: { pack: 'sample', version: 1 },
    subject: sampleId(n),
    correlation: sampleId(n),
    data: {
      case: sampleId(n),
      notice: sampleId(n),
      kind: 'enforcement-notice',
      method: 'post',
      servedOn: '2026-03-02',
    },
    ...change,
  };
}

/** A fact without a subject: it goes to the reference bucket. */
export function sampleReferenceFact(n: number): NewFact {
  const { subject: _none, ...fact } = sampleFact(n);
  const instrument = {
    kind: 'judgment',
    numberRef: sampleId(n),
    issuer: 'court-1',
    effectiveOn: { date: '2026-03-02', zone: 'Asia/Shanghai' },
  };
  return {
    ...fact,
    type: 'court.case-opened.v1',
    data: { case: sampleId(n), caseNumberRef: sampleId(n), instrument },
  };
}

/** A command that writes `events` facts to a stream last seen at `version`. */
export function sampleCommand(
  key: string,
  stream: string,
  version: number,
  events = 1,
): FactCommand {
  const facts = Array.from({ length: events }, (_, n) => sampleFact(hashOf(key) + n));
  return {
    key,
    fingerprint: 'the-body',
    expect: [{ stream, version }],
    write: facts.map((event) => ({ stream, event })),
  };
}

/** A command whose one fact is changed so. */
export function sampleCommandOf(change: Partial<NewFact>): FactCommand {
  const command = sampleCommand(JSON.stringify(change), 'case-1', 0);
  return { ...command, write: [{ stream: 'case-1', event: sampleFact(1, change) }] };
}

function hashOf(text: string): number {
  let hash = 7;
  for (const char of text) hash = (hash * 31 + char.charCodeAt(0)) % 1_000_003;
  return hash;
}
