import { describe, expect, it } from '@jest/globals';
import { fieldInRow, readRow } from './read-row.js';

describe('a row of a batch', () => {
  it('is an id, a type and data', () =>
    expect(readRow({ id: 'r1', type: 't', data: {} })).toEqual({ id: 'r1', type: 't', data: {} }));

  it.each([
    ['no object', 'text', 'row_is_malformed', ''],
    ['a list', [], 'row_is_malformed', ''],
    ['nothing', null, 'row_is_malformed', ''],
    ['without an id', { type: 't', data: {} }, 'id_is_missing', '/id'],
    ['with a number for an id', { id: 7 }, 'id_is_malformed', '/id'],
    ['with a space in its id', { id: 'a b' }, 'id_is_malformed', '/id'],
  ])('%s is refused', (_, row, reason, field) =>
    expect(readRow(row)).toMatchObject({ problem: { status: 400, reason, field } }),
  );

  it('with an unknown member is refused by its id', () =>
    expect(readRow({ id: 'r1', 'a/b': 1 })).toMatchObject({
      id: 'r1',
      problem: { reason: 'field_is_unknown', field: '/a~1b' },
    }));

  it.each([
    ['/subject', '/data/subject'],
    ['/path/case', '/data/case'],
    ['/headers/idempotency-key', '/id'],
    ['/headers/writ-authority', '/headers/writ-authority'],
  ])('what HTTP calls %s stands at %s', (field, named) => expect(fieldInRow(field)).toBe(named));
});
