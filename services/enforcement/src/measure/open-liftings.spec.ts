import { describe, expect, it } from '@jest/globals';
import type { LegalTime } from '@writ/contracts';
import fc from 'fast-check';
import { measureId, type DecidedRows } from '../cause/decide-measures.js';
import { COURT_LISTING, IMPLEMENTER, SUBJECT } from '../facts.fixture.js';
import {
  acknowledgeMeasure,
  type AcknowledgedCause,
  type Acknowledgement,
} from './acknowledge-measure.js';
import { foldMeasures, type LastDecision, type MeasureRow } from './fold-measures.js';
import { evolveMeasureRecord, nothingDecided, type MeasureFact } from './measure-record.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const BEGUN = Date.parse('2026-01-01T00:00:00.000Z');
const code = 'travel.air';
const key = { ledger: 'court', id: COURT_LISTING } as const;
const measure = measureId(key, { code, implementer: IMPLEMENTER });

const at = (ms: number) => new Date(ms).toISOString();
/** Some ends are days and some are moments, so that equal ones differ as text. */
const legal = (day: number, asDate: boolean): LegalTime => {
  const start = at(BEGUN + day * DAY);
  return asDate ? { date: start.slice(0, 10), zone: 'UTC' } : { instant: start };
};

type Look = { outcome: Acknowledgement['outcome']; ago: number; decision: number };
type Step =
  | { kind: 'decide'; ends: (LegalTime | undefined)[] }
  | { kind: 'end of cause'; until: LegalTime | undefined }
  | ({ kind: 'say' } & Look)
  | { kind: 'wait'; ms: number };

const anyEnd = fc.option(
  fc.tuple(fc.integer({ min: 1, max: 12 }), fc.boolean()).map(([n, asDate]) => legal(n, asDate)),
  { nil: undefined, freq: 4 },
);
const anyLook = fc.record({
  outcome: fc.constantFrom<Acknowledgement['outcome'][]>('applied', 'not-applied', 'lifted'),
  ago: fc.integer({ min: 0, max: 4 * DAY }),
  decision: fc.nat({ max: 20 }),
});
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.array(anyEnd, { maxLength: 2 }).map((ends): Step => ({ kind: 'decide', ends })),
  anyEnd.map((until): Step => ({ kind: 'end of cause', until })),
  anyLook.map((look): Step => ({ kind: 'say', ...look })),
  fc.integer({ min: 1, max: 3 * DAY }).map((ms): Step => ({ kind: 'wait', ms })),
);

/** One cause, one measure: its stream, and the view of it folded fact by fact. */
class Desk {
  now = BEGUN;
  cause: AcknowledgedCause = { ...key, subject: SUBJECT };
  readonly facts: MeasureFact[] = [];
  row: MeasureRow | undefined;
  private readonly decisions = new Map<string, LastDecision>();

  constructor(private readonly fold: typeof foldMeasures) {}

  take({ type, data }: Pick<MeasureFact, 'type' | 'data'>): void {
    const position = this.facts.length * 2;
    const place = { position, version: this.facts.length + 1, recordedAt: at(this.now) };
    const fact = { type, data, subject: SUBJECT, ...place } as MeasureFact;
    this.facts.push(fact);
    const folded = this.fold(this.decisions, this.row ? [printed(this.row)] : [], [fact]);
    for (const last of folded.decisions) this.decisions.set(`${last.ledger}-${last.id}`, last);
    [this.row] = folded.measures;
  }

  step(step: Step): void {
    if (step.kind === 'wait') this.now += step.ms;
    else if (step.kind === 'decide') this.decide(step.ends);
    else if (step.kind === 'say') this.say(this.said(step));
    else if (step.until) this.cause = { ...key, subject: SUBJECT, until: step.until };
    else this.cause = { ...key, subject: SUBJECT };
  }

  private decide(ends: readonly (LegalTime | undefined)[]): void {
    const rows = ends.map((until, index): DecidedRows[number] => ({
      measure,
      code,
      effect: 'restriction',
      implementer: IMPLEMENTER,
      memorandum: 'xx.travel',
      memorandumVersion: index + 1,
      row: 'r1',
      legalBasis: 'article 1',
      from: legal(0, true),
      ...(until ? { until } : {}),
    }));
    const data = { cause: key, list: 'xx.list', basedOn: { cause: 0 }, measures: rows };
    this.take({ type: 'enforcement.measures-decided.v1', data } as MeasureFact);
  }

  said({ outcome, ago, decision }: Look): Acknowledgement {
    const positions = this.facts
      .filter(({ type }) => type === 'enforcement.measures-decided.v1')
      .map(({ position }) => position);
    const answered = positions[decision % Math.max(positions.length, 1)] ?? 0;
    const done = { implementer: IMPLEMENTER, measureId: measure, outcome };
    const why = outcome === 'not-applied' ? { reason: 'no-account' } : {};
    return { ...done, ...why, decision: answered, at: at(this.now - ago) };
  }

  say(given: Acknowledgement): 'recorded' | string {
    const decided = acknowledgeMeasure(
      this.facts.reduce(evolveMeasureRecord, nothingDecided),
      this.cause,
      given,
      {
        authority: IMPLEMENTER,
        actor: { kind: 'system', id: 'xx.gate', verified: false },
        correlation: 'ab'.repeat(16),
        now: new Date(this.now),
      },
    );
    if (decided.kind === 'refuse') return decided.refusal.reason;
    for (const event of decided.events) this.take(event as unknown as MeasureFact);
    return 'recorded';
  }

  /** What open-liftings shows, told by code that shares none with its query. */
  get open(): MeasureRow | undefined {
    const { row } = this;
    if (!row) return undefined;
    const { until } = this.cause;
    const ends = [row.ends_at, until ? ('instant' in until ? until.instant : until.date) : null]
      .filter((end) => end !== null)
      .map((end) => Date.parse(end));
    const due = row.imposed ? Math.min(...ends) : Date.parse(row.decided_at);
    if (due > this.now) return undefined;
    const { acknowledged_outcome: outcome, acknowledged_decision: answered } = row;
    const done = Date.parse(row.acknowledged_at ?? '');
    const isClosed =
      outcome === 'lifted' && (answered ?? -1) >= row.decision && (!row.imposed || done >= due);
    return isClosed ? undefined : row;
  }
}

/** As the database prints moments: the same to the microsecond, another text. */
function printed(row: MeasureRow): MeasureRow {
  const other = (moment: string | null) => moment?.replace('Z', '+00:00') ?? null;
  const { decided_at, ends_at, acknowledged_at } = row;
  return {
    ...row,
    decided_at: decided_at.replace('Z', '+00:00'),
    ends_at: other(ends_at),
    acknowledged_at: other(acknowledged_at),
  };
}

const after = (steps: readonly Step[], fold = foldMeasures) => {
  const desk = new Desk(fold);
  for (const step of steps) desk.step(step);
  return desk;
};

const anyHistory = fc.array(anyStep, { maxLength: 16 });

/** Whatever is open can be closed by the decision it is shown under, and then stays closed. */
const closesForGood = (fold = foldMeasures) =>
  fc.property(anyHistory, fc.array(anyLook, { maxLength: 4 }), (steps, late) => {
    const desk = after(steps, fold);
    const shown = desk.open;
    if (!shown) return;
    const lifted = desk.said({ outcome: 'lifted', ago: 0, decision: 0 });
    expect(desk.say({ ...lifted, decision: shown.decision })).toBe('recorded');
    expect(desk.open).toBeUndefined();
    const replayed = desk.facts.flatMap(({ type, data }): Acknowledgement[] => {
      if (type !== 'enforcement.measure-acknowledged.v1') return [];
      const { measure: measureId, cause: _, ...said } = data as never as Record<string, never>;
      return [{ measureId, ...said } as never];
    });
    const tooLate = late.map((look) => desk.said({ ...look, ago: look.ago + 1 }));
    for (const again of [...replayed, ...tooLate]) desk.say(again);
    expect(desk.open).toBeUndefined();
  });

describe('an open lifting, after any decisions and acknowledgements', () => {
  it('is closed by the decision it names, for good', () =>
    fc.assert(closesForGood(), { numRuns: 2_000 }));

  it('is there often, imposed or not', () => {
    const open = fc
      .sample(anyHistory, { numRuns: 500, seed: 1 })
      .flatMap((steps) => after(steps).open ?? []);
    expect(open.filter(({ imposed }) => imposed).length).toBeGreaterThan(20);
    expect(open.filter(({ imposed }) => !imposed).length).toBeGreaterThan(20);
  });

  it('does not depend on how facts come in pages', () =>
    fc.assert(
      fc.property(anyHistory, (steps) => {
        const { facts, row } = after(steps);
        const [whole] = foldMeasures(new Map(), [], facts).measures;
        expect(whole && printed(whole)).toEqual(row && printed(row));
      }),
    ));

  type Fold = typeof foldMeasures;
  it.each<[string, Fold]>([
    [
      'goes on naming the first decision that imposed it',
      (known, measures, facts) => {
        const folded = foldMeasures(known, measures, facts);
        const first = (row: MeasureRow) => {
          const before = measures.find(({ measure: id }) => id === row.measure);
          return before?.imposed && row.imposed ? { ...row, decision: before.decision } : row;
        };
        return { ...folded, measures: folded.measures.map(first) };
      },
    ],
    [
      'takes what was said last for what was done last',
      (known, measures, facts) => {
        const folded = foldMeasures(known, measures, facts);
        const fact = facts.at(-1);
        if (fact?.type !== 'enforcement.measure-acknowledged.v1') return folded;
        const { outcome, decision, at: done } = fact.data;
        const heard = (row: MeasureRow) =>
          decision < (row.acknowledged_decision ?? 0)
            ? row
            : {
                ...row,
                acknowledged_outcome: outcome,
                acknowledged_decision: decision,
                acknowledged_at: done,
              };
        return { ...folded, measures: folded.measures.map(heard) };
      },
    ],
  ])('would be seen to stay open by a fold that %s', (_, fold) => {
    const { failed } = fc.check(closesForGood(fold), { numRuns: 2_000, seed: 1 });
    expect(failed).toBe(true);
  });
});
