import { describe, expect, it } from '@jest/globals';
import { ORDER_BYTES_MAX } from '@writ/contracts';
import { fieldInOrder, readOrder, type ReadOrder } from './read-order.js';

const now = new Date('2026-03-02T09:00:00.000Z');
const CASE = '0123456789abcdef0123456789abcdef';
const data = { case: CASE, obligation: CASE, performedOn: '2026-03-01' };
const headers = {
  ce_specversion: '1.0',
  ce_id: 'order-1',
  ce_source: '/court/made-up',
  ce_type: 'court.intake.performance-reported.v1',
  ce_authority: 'cn.court.made-up',
  ce_actor: 'system:made-up',
  'content-type': 'application/json',
};

type Change = {
  headers?: Record<string, Buffer | string | string[] | undefined>;
  value?: Buffer | null;
};

function read(change: Change = {}): ReadOrder {
  const value = change.value === undefined ? Buffer.from(JSON.stringify(data)) : change.value;
  return readOrder('court', { headers: { ...headers, ...change.headers }, value }, now);
}
const withData = (changed: unknown): Change => ({ value: Buffer.from(JSON.stringify(changed)) });
const withHeader = (name: string, value: Buffer | string | string[] | undefined): Change => ({
  headers: { [name]: value },
});

describe('an order over Kafka', () => {
  it('is the command over HTTP that its type names, under its own id as key', () =>
    expect(read()).toEqual({
      kind: 'order',
      order: { id: 'order-1', source: '/court/made-up', type: headers.ce_type },
      headers: {
        'writ-authority': 'cn.court.made-up',
        'writ-actor': 'system:made-up',
        'idempotency-key': 'order-1',
      },
      command: {
        path: `/court/v1/cases/${CASE}/performances`,
        body: { obligation: CASE, performedOn: '2026-03-01' },
        lane: CASE,
      },
    }));

  it('reads headers that came as bytes', () =>
    expect(read(withHeader('ce_id', Buffer.from('order-2')))).toMatchObject({
      order: { id: 'order-2' },
    }));

  it.each([
    ['no id', withHeader('ce_id', undefined), 'id_is_missing', '/headers/ce_id'],
    ['an empty id', withHeader('ce_id', ''), 'id_is_malformed', '/headers/ce_id'],
    ['two ids', withHeader('ce_id', ['a', 'b']), 'id_is_missing', '/headers/ce_id'],
    ['an id of 201', withHeader('ce_id', 'x'.repeat(201)), 'id_is_malformed', '/headers/ce_id'],
    ['no source', withHeader('ce_source', undefined), 'source_is_missing', '/headers/ce_source'],
  ])('cannot be answered with %s', (_, change: Change, reason, field) =>
    expect(read(change)).toEqual({ kind: 'unreadable', reason, field }),
  );

  it.each([
    ['another CloudEvents', withHeader('ce_specversion', '2.0'), 'specversion_is_not_1_0', 400],
    ['no version of it', withHeader('ce_specversion', undefined), 'specversion_is_not_1_0', 400],
    ['another content', withHeader('content-type', 'text/xml'), 'media_type_is_not_supported', 415],
    ['no time', withHeader('ce_time', 'yesterday'), 'time_is_malformed', 400],
    ['no real time', withHeader('ce_time', '2026-13-02T09:00:00Z'), 'time_is_malformed', 400],
    ['the future', withHeader('ce_time', '2026-03-02T09:05:00.001Z'), 'time_is_ahead_of_ours', 422],
    ['no type', withHeader('ce_type', undefined), 'type_is_missing', 400],
    ['no known type', withHeader('ce_type', 'court.x.v1'), 'type_of_order_is_unknown', 400],
    ["an object's member", withHeader('ce_type', 'toString'), 'type_of_order_is_unknown', 400],
  ])('is refused with %s, naming the header', (_, change: Change, reason, status) => {
    const [name] = Object.keys(change.headers ?? {});
    expect(read(change)).toMatchObject({
      kind: 'refused',
      problem: { reason, status, field: `/headers/${name}` },
    });
  });

  it('may be five minutes ahead, and as old as it likes', () => {
    expect(read(withHeader('ce_time', '2026-03-02T09:05:00Z')).kind).toBe('order');
    expect(read(withHeader('ce_time', '2020-03-02T17:00:00+08:00')).kind).toBe('order');
  });

  it('of a version that is unknown says so', () =>
    expect(read(withHeader('ce_type', 'court.intake.listing-ordered.v9'))).toMatchObject({
      problem: { reason: 'version_of_order_is_unknown' },
    }));

  it('for another service says for which', () => {
    const type = 'regulatory.intake.memorandum-concluded.v1';
    expect(read(withHeader('ce_type', type))).toMatchObject({
      problem: { reason: 'order_is_for_another_service', field: '/headers/ce_type' },
    });
  });

  it('of the largest size is read, one byte more is not', () => {
    const value = Buffer.alloc(ORDER_BYTES_MAX, ' ');
    Buffer.from(JSON.stringify(data)).copy(value);
    expect(read({ value }).kind).toBe('order');
    expect(read({ value: Buffer.concat([value, Buffer.from(' ')]) })).toMatchObject({
      problem: { reason: 'order_is_too_large', status: 413, field: '/data' },
    });
  });

  it.each([
    ['nothing', null],
    ['no JSON', Buffer.from('{')],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22])],
  ])('with %s for data is refused', (_, value) =>
    expect(read({ value })).toMatchObject({
      problem: { reason: 'data_is_not_json', field: '/data' },
    }),
  );

  it.each([
    ['a missing member', { case: CASE, obligation: CASE }, 'field_is_missing', '/data/performedOn'],
    ['an unknown one', { ...data, 'a/b': 1 }, 'field_is_unknown', '/data/a~1b'],
    ['a wrong one', { ...data, case: 'C-1' }, 'field_is_invalid', '/data/case'],
    ['a wrong one within', { ...data, amount: { amount: '1,5', currency: 'CNY' } }, '', ''],
    ['text for data', 'text', 'field_is_invalid', '/data'],
  ])('with %s names it', (_, changed, reason, field) =>
    expect(read(withData(changed))).toMatchObject({
      problem: {
        reason: reason || 'field_is_invalid',
        field: field || '/data/amount/amount',
        status: 400,
      },
    }),
  );

  it('never repeats what was sent', () => {
    const wrong = read(withData({ ...data, case: 'A Made-up Name' }));
    expect(JSON.stringify(wrong)).not.toContain('Made-up Name');
  });
});

describe('orders that are placed one after the other', () => {
  const laneOf = (type: string, changed: unknown) => {
    const order = read({ headers: { ce_type: type }, ...withData(changed) });
    return order.kind === 'order' ? order.command.lane : JSON.stringify(order);
  };

  it('are those of one case, its listings included', () =>
    expect(
      laneOf('court.intake.delisting-ordered.v1', {
        listing: `${CASE}-2`,
        reason: 'creditor-consent',
      }),
    ).toBe(CASE));

  it('are not those that open cases', () => {
    const effectiveOn = { date: '2026-01-10', zone: 'Asia/Shanghai' };
    const instrument = { kind: 'judgment', number: 'n', issuer: 'cn.court', effectiveOn };
    const opening = { caseNumber: 'c', instrument };
    expect(laneOf('court.intake.judgment-effective.v1', opening)).toBe('court order-1');
  });
});

describe('what HTTP names, in an order', () => {
  it.each([
    ['/amount/currency', '/data/amount/currency'],
    ['', '/data'],
    ['/path/case', '/data/case'],
    ['/headers/idempotency-key', '/headers/ce_id'],
    ['/headers/writ-authority', '/headers/ce_authority'],
    ['/headers/writ-actor', '/headers/ce_actor'],
  ])('%j is %j', (field, named) => expect(fieldInOrder(field)).toBe(named));
});
