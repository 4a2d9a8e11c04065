import { describe, expect, it } from '@jest/globals';
import type { enforcementFacts } from '@writ/contracts';
import { measureId, type DecidedRows } from '../cause/decide-measures.js';
import { COURT_LISTING, IMPLEMENTER, SUBJECT } from '../facts.fixture.js';
import {
  acknowledgeMeasure,
  type Acknowledgement,
  type AcknowledgementRefusal,
} from './acknowledge-measure.js';
import { evolveMeasureRecord, nothingDecided, type MeasureFact } from './measure-record.js';

const cause = { ledger: 'court', id: COURT_LISTING, subject: SUBJECT } as const;
const code = 'travel.air';
const measure = measureId(cause, { code, implementer: IMPLEMENTER });
const from = { date: '2026-01-01', zone: 'UTC' };

const decided = (position: number, ...rows: { until?: typeof from }[]): MeasureFact =>
  fact(position, 'enforcement.measures-decided.v1', {
    cause: { ledger: cause.ledger, id: cause.id },
    list: 'xx.list',
    basedOn: { cause: 0 },
    measures: rows.map((change, index): DecidedRows[number] => ({
      measure,
      code,
      effect: 'restriction',
      implementer: IMPLEMENTER,
      memorandum: 'xx.travel',
      memorandumVersion: index + 1,
      row: 'r1',
      legalBasis: 'article 1',
      from,
      ...change,
    })),
  });

const acknowledged = (
  position: number,
  change: Partial<enforcementFacts.MeasureAcknowledged['data']> = {},
): MeasureFact =>
  fact(position, 'enforcement.measure-acknowledged.v1', {
    cause: { ledger: cause.ledger, id: cause.id },
    measure,
    implementer: IMPLEMENTER,
    decision: 3,
    outcome: 'applied',
    at: '2026-01-05T00:00:00Z',
    ...change,
  });

function fact(position: number, type: string, data: unknown): MeasureFact {
  return { type, position, subject: SUBJECT, data } as MeasureFact;
}

const context = {
  authority: IMPLEMENTER,
  actor: { kind: 'system', id: 'xx.gate', verified: false } as const,
  correlation: 'ab'.repeat(16),
  now: new Date('2026-01-06T00:00:00Z'),
};

const said = (change: Partial<Acknowledgement> = {}): Acknowledgement => ({
  implementer: IMPLEMENTER,
  measureId: measure,
  decision: 3,
  outcome: 'applied',
  at: '2026-01-05T00:00:00Z',
  ...change,
});

const given = (...facts: MeasureFact[]) => {
  const state = facts.reduce(evolveMeasureRecord, nothingDecided);
  return {
    when: (change: Partial<Acknowledgement>, until?: typeof from) =>
      acknowledgeMeasure(state, until ? { ...cause, until } : cause, said(change), context),
    whenBy: (authority: string, change: Partial<Acknowledgement>) =>
      acknowledgeMeasure(state, cause, said(change), { ...context, authority }),
  };
};

describe('acknowledging a measure', () => {
  it('records the outcome and the decision it answers', () =>
    expect(given(decided(3, {})).when({})).toEqual({
      kind: 'record',
      events: [
        {
          type: 'enforcement.measure-acknowledged.v1',
          authority: IMPLEMENTER,
          actor: context.actor,
          source: { kind: 'api' },
          rules: { pack: 'enforcement', version: 1 },
          subject: SUBJECT,
          causedBy: { ledger: 'enforcement', position: 3 },
          correlation: context.correlation,
          data: {
            cause: { ledger: 'court', id: COURT_LISTING },
            measure,
            implementer: IMPLEMENTER,
            decision: 3,
            outcome: 'applied',
            at: '2026-01-05T00:00:00Z',
          },
        },
      ],
    }));

  it('is harmless to repeat', () =>
    expect(given(decided(3, {}), acknowledged(4)).when({})).toEqual({
      kind: 'record',
      events: [],
    }));

  it.each([
    ['a late applied for a decision since replaced', { outcome: 'applied', decision: 3 }],
    ['a lifting', { outcome: 'lifted', decision: 5 }],
    ['that it was not applied, and why', { outcome: 'not-applied', reason: 'no-account' }],
  ] as const)('records %s', (_, change) =>
    expect(given(decided(3, {}), decided(5)).when(change)).toMatchObject({
      events: [{ data: change }],
    }),
  );

  it.each<[string, Partial<Acknowledgement>, AcknowledgementRefusal, string]>([
    ['an unknown measure', { measureId: 'a'.repeat(64) }, 'measure_is_unknown', '/measureId'],
    [
      'what another says of it',
      { implementer: 'xx.airline' },
      'implementer_is_not_the_authority',
      '/implementer',
    ],
    ['an unknown decision', { decision: 4 }, 'decision_is_unknown', '/decision'],
    [
      'applied for the decision that lifts',
      { decision: 5 },
      'decision_does_not_impose_the_measure',
      '/decision',
    ],
    [
      'not applied for the decision that lifts',
      { decision: 5, outcome: 'not-applied', reason: 'no-account' },
      'decision_does_not_impose_the_measure',
      '/decision',
    ],
    [
      'lifted for the decision that imposes',
      { outcome: 'lifted' },
      'decision_still_imposes_the_measure',
      '/decision',
    ],
    [
      'not applied without a reason',
      { outcome: 'not-applied' },
      'not_applied_needs_a_reason',
      '/reason',
    ],
    [
      'what is yet to come',
      { at: '2026-01-06T00:05:01Z' },
      'acknowledged_time_must_not_be_in_the_future',
      '/at',
    ],
  ])('refuses %s', (_, change, reason, field) =>
    expect(given(decided(3, {}), decided(5)).when(change)).toEqual({
      kind: 'refuse',
      refusal: { reason, field },
    }),
  );

  it('refuses another implementer’s measure, and whoever speaks for its implementer', () => {
    const { whenBy } = given(decided(3, {}));
    expect(whenBy('xx.airline', { implementer: 'xx.airline' })).toEqual({
      kind: 'refuse',
      refusal: { reason: 'measure_belongs_to_another_implementer', field: '/measureId' },
    });
    expect(whenBy('xx.airline', {})).toEqual({
      kind: 'refuse',
      refusal: { reason: 'implementer_is_not_the_authority', field: '/implementer' },
    });
  });

  it('forgives a clock that is five minutes ahead', () =>
    expect(given(decided(3, {})).when({ at: '2026-01-06T00:05:00Z' })).toHaveProperty('events'));

  describe('a measure that ran out by itself', () => {
    const end = { date: '2026-01-05', zone: 'UTC' };
    it('is lifted when its rows have run out', () =>
      expect(given(decided(3, { until: end })).when({ outcome: 'lifted' })).toHaveProperty(
        'events',
      ));
    it('is lifted when its cause has run out', () =>
      expect(given(decided(3, {})).when({ outcome: 'lifted' }, end)).toHaveProperty('events'));
    it.each([
      ['one row has no end', [{ until: end }, {}]],
      ['one row has no end, named first', [{}, { until: end }]],
      ['one row lasts longer', [{ until: { ...end, date: '2026-02-01' } }, { until: end }]],
    ])('is not lifted while %s', (_, rows) =>
      expect(given(decided(3, ...rows)).when({ outcome: 'lifted' })).toMatchObject({
        refusal: { reason: 'decision_still_imposes_the_measure' },
      }),
    );
  });
});
