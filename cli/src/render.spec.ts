import { describe, expect, it } from '@jest/globals';
import type { StatusResponse } from '@writ/contracts';
import { isCatchingUp, recordText, rootText, statusText, timeText } from './render.js';

const ledgers = { court: 3, regulatory: -1, enforcement: 0 };
const position = { ...ledgers, 'regulatory.reference': -1 };
const currentTo = { court: null, regulatory: null, enforcement: null, aliases: null };
const status = (...measures: StatusResponse['answers'][number]['measures']): StatusResponse => ({
  answers: [{ measures, position }],
  position,
  currentTo,
});

const restricted = {
  measure: 'travel.air',
  answer: 'RESTRICTED',
  causes: [
    {
      ledger: 'court',
      cause: 'c1',
      list: 'xx.list',
      issuer: 'xx.court',
      measure: 'travel.air',
      legalBasis: 'article 1',
      remedy: 'perform-the-obligation',
    },
  ],
} as const;
const waiting = {
  measure: 'travel.rail',
  answer: 'UNDETERMINED',
  undetermined: [{ reason: 'court_is_not_current', since: '2026-01-01', mustAct: 'court' }],
} as const;

describe('what a person reads', () => {
  it('is one line per measure, and why', () =>
    expect(
      statusText(
        status(
          { ...restricted, causes: [...restricted.causes] },
          { ...waiting, undetermined: [...waiting.undetermined] },
        ),
      ),
    ).toBe(
      [
        'travel.air  RESTRICTED',
        '  travel.air for xx.list (xx.court); article 1; remedy: perform-the-obligation',
        'travel.rail  UNDETERMINED',
        '  court_is_not_current since 2026-01-01; to act: court',
      ].join('\n'),
    ));

  it('tells an answer that is only late from one that somebody must settle', () => {
    expect(isCatchingUp([{ ...waiting, undetermined: [...waiting.undetermined] }])).toBe(true);
    const disputed = { reason: 'cause_is_not_assessed', since: 's', mustAct: 'enforcement' };
    const undetermined = [disputed];
    expect(isCatchingUp([{ measure: 'any', answer: 'UNDETERMINED', undetermined }])).toBe(false);
    expect(isCatchingUp([{ measure: 'any', answer: 'NOT_RESTRICTED' }])).toBe(false);
  });

  it('gives legal times as given', () => {
    expect(timeText({ date: '2026-01-01', zone: 'UTC' })).toBe('2026-01-01 (UTC)');
    expect(timeText({ instant: '2026-01-01T00:00:00Z' })).toBe('2026-01-01T00:00:00Z');
  });

  it('says of a record which of its legal times were observed only', () => {
    const instant = (day: string) => ({ instant: `2026-01-${day}T00:00:00Z` });
    const shown = recordText({
      asOf: instant('09'),
      position,
      currentTo,
      answers: [],
      history: [],
      causes: [
        {
          ...{ ledger: 'regulatory', cause: 'c', list: 'xx.list', listKind: 'restrictive' },
          ...{ issuer: 'i', origin: 'taken-in', inForce: true, position: 0, recordedAt: 's' },
          measures: [],
          segments: [
            { from: instant('01'), fromObserved: 'on-or-before', until: instant('02'), basis: 'A' },
            { from: instant('03'), fromObserved: 'at', basis: 'B' },
            { from: instant('04'), until: instant('05'), untilObserved: true, basis: 'C' },
          ],
        },
      ],
    });
    expect(shown.split('\n').slice(-3)).toEqual([
      '  2026-01-01T00:00:00Z or before (observed) – 2026-01-02T00:00:00Z  A',
      '  2026-01-03T00:00:00Z (observed) – open  B',
      '  2026-01-04T00:00:00Z – 2026-01-05T00:00:00Z (observed)  C',
    ]);
  });

  it('shows a root and how far it reaches', () =>
    expect(
      rootText({
        foldVersion: 1,
        root: 'ab',
        buckets: [
          { bucket: 0, root: 'aa', position: ledgers },
          { bucket: 1, root: 'bb', position: { court: 7, regulatory: 2, enforcement: -1 } },
        ],
      }),
    ).toBe('ab\nfold version 1, newest facts folded court:7,regulatory:2,enforcement:0'));
});
