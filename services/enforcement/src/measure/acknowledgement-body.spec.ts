import { describe, expect, it } from '@jest/globals';
import { readAcknowledgements } from './acknowledgement-body.js';

const row = {
  implementer: 'xx.railway',
  measureId: 'a'.repeat(64),
  decision: 3,
  outcome: 'applied',
  at: '2026-01-05T00:00:00Z',
};

describe('the body of acknowledgements', () => {
  it('is one acknowledgement', () =>
    expect(readAcknowledgements(row)).toEqual({
      kind: 'record',
      events: [{ rows: [row], single: true }],
    }));

  it('is a batch of them', () =>
    expect(readAcknowledgements({ acknowledgements: [row, row] })).toEqual({
      kind: 'record',
      events: [{ rows: [row, row], single: false }],
    }));

  it.each([
    ['nothing', undefined, ''],
    ['a list', [row], ''],
    ['an unknown field', { ...row, note: 'x' }, '/note'],
    [
      'a missing field',
      { acknowledgements: [row, { ...row, at: undefined }] },
      '/acknowledgements/1/at',
    ],
    ['a text for a position', { ...row, decision: '3' }, '/decision'],
    ['an outcome nobody knows', { ...row, outcome: 'done' }, '/outcome'],
    ['a reason that is a text', { ...row, reason: 'Not our customer' }, '/reason'],
    ['an empty batch', { acknowledgements: [] }, '/acknowledgements'],
    ['a batch with more beside it', { acknowledgements: [row], all: true }, '/all'],
  ])('is not %s', (_, body, field) =>
    expect(readAcknowledgements(JSON.parse(JSON.stringify(body ?? null)))).toEqual({
      kind: 'refuse',
      refusal: { reason: 'body_is_malformed', field },
    }),
  );

  it.each(['2026-01-05', '2026-02-30T00:00:00Z', '2026-01-05T00:00:00+08:00'])(
    'has no moment "%s"',
    (at) =>
      expect(readAcknowledgements({ acknowledgements: [row, { ...row, at }] })).toEqual({
        kind: 'refuse',
        refusal: { reason: 'instant_is_malformed', field: '/acknowledgements/1/at' },
      }),
  );
});
