import { describe, expect, it } from '@jest/globals';
import { describeFeed } from './describe-feed.js';
import type { FeedDescription } from './description-schema.js';
import { sealWith } from './seal.js';
import { readCases, type SourceCase } from './source-case.js';
import { allSteps } from './source-table.js';

const cases = {
  number: 'nr',
  opened: { column: 'opened', format: ['iso', 'dd.MM.yyyy'] },
  currency: { column: 'cur' },
  owed: 'owed',
  paid: { column: 'paid', on: { column: 'on', format: 'iso' }, undated: 'observed' },
  status: {
    column: 'state',
    words: {
      open: ['', 'open'],
      fulfilled: ['settled'],
      part: ['instalments'],
      annulled: ['quashed'],
      neverListed: ['withdrawn'],
    },
  },
};
const description = (more: object = {}) => ({
  list: 'vl.lonn',
  issuer: 'vl.arbeidstilsyn',
  jurisdiction: 'vl',
  title: 'Made up',
  kind: 'restrictive',
  coverage: {
    schemes: ['vl.lonn.record'],
    places: ['vl'],
    from: { date: '2026-01-01', zone: 'Europe/Oslo' },
  },
  files: ['*.csv'],
  form: 'cases',
  format: 'csv',
  table: { delimiter: ';' },
  zone: 'Europe/Oslo',
  record: { columns: ['id'] },
  name: 'who',
  cases,
  ...more,
});

function described(given: object): FeedDescription {
  const decision = describeFeed(given);
  if (decision.kind === 'refuse') throw new Error(JSON.stringify(decision.refusal));
  return decision.events[0] as FeedDescription;
}

const HEADER = 'id;who;nr;opened;cur;owed;paid;on;state';
type Row = Partial<
  Record<'id' | 'nr' | 'opened' | 'cur' | 'owed' | 'paid' | 'on' | 'state', string>
>;
const line = ({ id = '1', nr = '', opened = '', cur = 'EUR', ...row }: Row) => {
  const { owed = '100', paid = '', on = '', state = '' } = row;
  return [id, 'Nobody', nr, opened, cur, owed, paid, on, state].join(';');
};

function read(rows: readonly Row[], feed = description(), observedAt = '2026-03-01T12:00:00Z') {
  const text = `${[HEADER, ...rows.map(line)].join('\n')}\n`;
  const file = { name: 'copy.csv', text, digest: 'd', observedAt };
  const result = allSteps(readCases(file, described(feed), sealWith(Buffer.alloc(32, 7))));
  if (!result.ok) throw new Error(result.reason);
  return result.copy;
}
const readOne = (row: Row, feed?: object) => read([row], feed as ReturnType<typeof description>);

describe('a register of cases', () => {
  it('says what is owed, what is paid and when, and by whom it is owed', () => {
    const { cases: read, refused } = readOne({
      nr: '4 C 12/26',
      opened: '03.02.2026',
      paid: '40.50',
      on: '2026-02-20',
    });
    expect(refused).toEqual([]);
    expect(read).toMatchObject([
      {
        number: '4 C 12/26',
        named: { identifiers: [{ scheme: 'vl.lonn.record', value: '1' }], name: 'Nobody' },
        openedOn: { date: '2026-02-03', zone: 'Europe/Oslo' },
        owed: { amount: '100', currency: 'EUR' },
        paid: { amount: { amount: '40.50' }, on: '2026-02-20', dated: 'by-source' },
        fulfilled: false,
        standing: 'listed',
      },
    ]);
  });

  it('states nothing that the source does not: the record id stands in for a number', () => {
    const [only] = readOne({}).cases;
    expect(only).toMatchObject({ number: '1', openedOn: 'not-stated', fulfilled: false });
    expect(only).toMatchObject({
      terms: { legalBasis: 'not-stated', effectiveFrom: 'not-stated' },
    });
    expect(only?.paid).toBeUndefined();
  });

  it.each<[string, Row, Partial<SourceCase>]>([
    ['paid in full', { paid: '100.00' }, { fulfilled: true }],
    ['paid too much', { paid: '100.01' }, { fulfilled: true }],
    ['paid in part', { paid: '99.99' }, { fulfilled: false }],
    ['paid nothing', { paid: '0.00' }, { fulfilled: false }],
    ['settled for less', { paid: '60', state: 'settled' }, { fulfilled: true }],
    ['in instalments', { paid: '60', state: 'instalments' }, { fulfilled: false }],
    ['quashed', { state: 'quashed' }, { standing: 'annulled' }],
    ['withdrawn', { state: 'withdrawn' }, { standing: 'neverListed' }],
  ])('%s', (_, row, said) => {
    expect(readOne(row)).toMatchObject({ cases: [said], refused: [] });
  });

  it('settled, of which the amount is not stated', () => {
    expect(readOne({ state: 'settled' }).cases).toMatchObject([
      { fulfilled: true, paid: { amount: 'not-stated', on: '2026-03-01', dated: 'by-rule' } },
    ]);
  });

  it('dates an undated payment as its description says, and marks it', () => {
    const other = { column: 'opened', format: 'iso' };
    const feed = description({ cases: { ...cases, paid: { ...cases.paid, undated: other } } });
    const paid = (row: Row) => readOne({ paid: '10', ...row }, feed).cases[0]?.paid;
    expect(paid({ opened: '2026-02-02' })).toMatchObject({ on: '2026-02-02', dated: 'by-rule' });
    expect(paid({})).toMatchObject({ on: '2026-03-01', dated: 'by-rule' });
  });

  it('is no case where nothing is owed', () => {
    expect(read([{ owed: '' }, { id: '', owed: '0.00' }])).toMatchObject({
      cases: [],
      refused: [],
    });
  });

  it.each<[string, Row, string, string | undefined]>([
    [
      'a decimal comma where a point is declared',
      { owed: '100,5' },
      'amount_cannot_be_read',
      'owed',
    ],
    ['a negative amount', { owed: '-100' }, 'amount_cannot_be_read', 'owed'],
    ['a negative payment', { paid: '-1' }, 'amount_cannot_be_read', 'paid'],
    ['five decimals', { owed: '0.00001' }, 'amount_cannot_be_read', 'owed'],
    ['no currency', { cur: '' }, 'currency_is_missing', 'cur'],
    ['a currency that is none', { cur: 'euro' }, 'currency_is_missing', 'cur'],
    ['a day that is none', { opened: '31.02.2026' }, 'opening_date_cannot_be_read', 'opened'],
    ['a payment on no day', { paid: '1', on: '2026-13-01' }, 'payment_date_cannot_be_read', 'on'],
    ['a payment to come', { paid: '1', on: '2026-03-02' }, 'payment_is_in_the_future', 'on'],
    ['a word nobody has explained', { state: 'limbo' }, 'status_is_unknown', 'state'],
    [
      'in instalments, and paid',
      { paid: '100', state: 'instalments' },
      'status_contradicts_the_amounts',
      'state',
    ],
    ['no record id', { id: '' }, 'record_id_is_missing', 'id'],
    ['a number too long', { nr: 'x'.repeat(201) }, 'record_id_is_too_long', 'nr'],
    ['a number with U+0000', { nr: 'x\u0000' }, 'text_has_forbidden_characters', 'nr'],
  ])('refuses %s', (_, row, reason, column) => {
    const { cases: read, refused } = readOne(row);
    expect(read).toEqual([]);
    expect(refused).toMatchObject([{ row: 2, reason, column }]);
  });

  it('refuses two rows of one record, both', () => {
    expect(read([{}, { owed: '5' }, { id: '2' }])).toMatchObject({
      cases: [{ row: 4 }],
      refused: [{ reason: 'record_id_is_repeated' }, { reason: 'record_id_is_repeated' }],
    });
  });

  it.each([
    ['1.234,50', '1234.50'],
    ['1234,5', '1234.5'],
    ['007', '7'],
  ])('reads %s where a decimal comma is declared', (text, amount) => {
    const feed = description({ cases: { ...cases, decimal: ',' } });
    expect(readOne({ owed: text }, feed).cases[0]?.owed.amount).toBe(amount);
    expect(readOne({ owed: '1234.5' }, feed).refused).toMatchObject([
      { reason: 'amount_cannot_be_read' },
    ]);
  });

  it('reads groups of thousands', () =>
    expect(readOne({ owed: '1,234,567.89' }).cases[0]?.owed.amount).toBe('1234567.89'));
});

describe('a description of cases', () => {
  it.each([
    ['without them', { cases: undefined }, 'cases_must_be_described', '/cases'],
    [
      'in another form',
      { form: 'records', largestShrink: 0 },
      'only_cases_can_be_described_so',
      '/cases',
    ],
    [
      'with a term',
      { until: { column: 'on', format: 'iso', states: 'first-day-free' } },
      'cases_have_no_term',
      '/until',
    ],
    [
      'counted',
      { record: { columns: ['id'], occurrence: true } },
      'occurrence_needs_whole_snapshots',
      '/record/occurrence',
    ],
    [
      'with one word twice',
      { cases: { ...cases, status: { column: 'state', words: { open: ['a'], part: ['a'] } } } },
      'a_word_of_status_is_repeated',
      '/cases/status/words',
    ],
    [
      'with a format that is none',
      { cases: { ...cases, opened: { column: 'opened', format: ['iso', 'soon'] } } },
      'time_format_is_unknown',
      '/cases/opened/format',
    ],
    ['with events', { events: events() }, 'snapshots_cannot_describe_events', '/events'],
  ])('%s is refused', (_, more, reason, field) => {
    const given = JSON.parse(JSON.stringify(description(more))) as object;
    expect(describeFeed(given)).toEqual({ kind: 'refuse', refusal: { reason, field } });
  });
});

function events() {
  return { type: 'a', time: { column: 'b', format: 'iso' }, words: { listed: 'L' } };
}
