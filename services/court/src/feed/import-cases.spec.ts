import { describe, expect, it } from '@jest/globals';
import { evolveListing, noListing, type ListingFact } from '../listing/listing.js';
import { countOf, described, standings, testCases } from './cases.fixture.js';

/** A made-up register; its identifiers are nobody's. */
const feed = described({
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
  zone: 'Europe/Oslo',
  record: { columns: ['id'] },
  name: 'who',
  cases: {
    currency: { text: 'EUR' },
    owed: 'owed',
    paid: { column: 'paid', on: { column: 'on', format: 'iso' }, undated: 'observed' },
    status: {
      column: 'state',
      words: { open: ['', 'open'], annulled: ['quashed'], neverListed: ['withdrawn'] },
    },
  },
});

type Row = { id: string; owed?: string; paid?: string; on?: string; state?: string };
const copy = (...rows: Row[]) =>
  Buffer.from(
    ['id,who,owed,paid,on,state']
      .concat(
        rows.map(({ id, owed = '100', paid = '', on = '', state = '' }) =>
          [id, 'Nobody', owed, paid, on, state].join(','),
        ),
      )
      .join('\n') + '\n',
  );
const MARCH = { observedAt: '2026-03-01T00:00:00Z' };
const APRIL = { observedAt: '2026-04-01T00:00:00Z' };
const MAY = { observedAt: '2026-05-01T00:00:00Z' };

describe('a register of cases taken in', () => {
  it('lists who owes, ends what is paid, and says who stated it', async () => {
    const { run, facts, identity, declared } = testCases();
    const answer = await run(
      feed,
      copy(
        { id: 'a' },
        { id: 'b', paid: '40', on: '2026-02-01' },
        { id: 'c', paid: '100', on: '2026-02-02' },
        { id: 'd', state: 'quashed' },
        { id: 'e', state: 'withdrawn' },
        { id: 'f', owed: '' },
      ),
    );
    expect(answer.snapshots).toMatchObject([
      { outcome: 'taken-in', active: 2, fulfilled: 1, annulled: 1, neverListed: 1, refusedRows: 0 },
    ]);
    expect(declared).toEqual(['vl.lonn']);
    const recorded = await facts();
    expect(answer.recorded).toBe(recorded.length);
    expect(recorded.map(({ type }) => type.replace('court.', ''))).toEqual([
      ...['case-taken-in.v1', 'listing-taken-in.v1'],
      ...['case-taken-in.v1', 'listing-taken-in.v1', 'performance-taken-in.v1'],
      ...['case-taken-in.v1', 'listing-taken-in.v1', 'performance-taken-in.v1'],
      ...['obligation-fulfilled.v1', 'subject-delisted.v1'],
      ...['case-taken-in.v1', 'listing-taken-in.v1', 'listing-annulled.v1'],
      'cases-taken-in.v1',
    ]);
    expect(recorded[1]).toMatchObject({
      source: { kind: 'feed', row: 2 },
      data: { effectiveFrom: 'not-stated', onOrBefore: true, notice: 'not-stated' },
    });
    expect(recorded.find(({ type }) => type === 'court.subject-delisted.v1')?.data).toMatchObject({
      reason: 'fulfilled',
      effectiveFrom: { date: '2026-02-02', zone: 'Europe/Oslo' },
    });
    // Numbers and names are with identity alone, under the debtor's key.
    expect([...identity.numbers.values()].map(({ text }) => text)).toEqual(['a', 'b', 'c', 'd']);
    expect(JSON.stringify(recorded)).not.toContain('Nobody');
  });

  it('records what the next copy says anew, and nothing else', async () => {
    const { run, facts } = testCases();
    await run(feed, copy({ id: 'a' }, { id: 'b', paid: '40' }, { id: 'c' }), MARCH);
    const before = (await facts()).length;
    const next = await run(
      feed,
      copy({ id: 'a' }, { id: 'b', paid: '100', on: '2026-03-20' }, { id: 'c', state: 'quashed' }),
      APRIL,
    );
    expect(next.snapshots).toMatchObject([{ active: 1, fulfilled: 1, annulled: 1 }]);
    const fresh = (await facts()).slice(before);
    expect(fresh.map(({ type, data }) => [type, 'amount' in data ? data.amount : ''])).toEqual([
      ['court.performance-taken-in.v1', { amount: '60', currency: 'EUR' }],
      ['court.obligation-fulfilled.v1', ''],
      ['court.subject-delisted.v1', ''],
      ['court.listing-annulled.v1', ''],
      ['court.cases-taken-in.v1', ''],
    ]);
    // A case that is gone from the register stays as it was: nobody is delisted by absence.
    const last = await run(feed, copy({ id: 'b', paid: '100' }), MAY);
    expect(last.recorded).toBe(1);
    expect(countOf(standings(await facts()), 'active')).toBe(1);
  });

  it('the same again records nothing, and says so', async () => {
    const { run, facts } = testCases();
    await run(feed, copy({ id: 'a' }), MARCH);
    const size = (await facts()).length;
    const another = await run(feed, copy({ id: 'a' }), MARCH);
    expect(another).toMatchObject({ recorded: 0, snapshots: [{ outcome: 'already-taken-in' }] });
    expect((await facts()).length).toBe(size);
  });

  it('killed anywhere and sent again is what an unkilled one is', async () => {
    const rows = copy(
      ...['a', 'b', 'c', 'd', 'e'].map((id, n) => ({ id, paid: n % 2 ? '100' : '' })),
    );
    const unkilled = testCases();
    await unkilled.run(feed, rows, MARCH);
    const essence = async ({ facts }: ReturnType<typeof testCases>) =>
      (await facts()).map(({ type, subject, data }) => ({ type, subject, data }));
    for (const after of [1, 2, 3, 4]) {
      const killed = testCases();
      killed.mortal.diesAfter = after;
      await expect(killed.run(feed, rows, MARCH)).rejects.toThrow('killed');
      killed.mortal.diesAfter = Infinity;
      await killed.run(feed, rows, MARCH);
      expect(await essence(killed)).toEqual(await essence(unkilled));
    }
  });

  it.each([
    ['another amount owed', { owed: '120' }, 'owed_amount_has_changed'],
    ['less paid than was', { paid: '30' }, 'paid_amount_has_shrunk'],
  ])('refuses the row of a case with %s; the case stays', async (_, change, reason) => {
    const { run, facts } = testCases();
    await run(feed, copy({ id: 'a', paid: '40' }, { id: 'b' }), MARCH);
    const next = await run(feed, copy({ id: 'a', paid: '40', ...change }, { id: 'b' }), APRIL);
    expect(next.rows).toMatchObject([{ row: 2, reason }]);
    expect(next.recorded).toBe(1);
    expect(countOf(standings(await facts()), 'active')).toBe(2);
  });

  it('refuses another currency', async () => {
    const { run } = testCases();
    await run(feed, copy({ id: 'a' }), MARCH);
    const cases = { ...feed.cases, currency: { text: 'NOK' } };
    const next = await run({ ...feed, cases } as typeof feed, copy({ id: 'a' }), APRIL);
    expect(next.rows).toMatchObject([{ reason: 'currency_has_changed' }]);
  });

  it('reports whom identity refuses, and lists nobody for it', async () => {
    const { run } = testCases();
    const answer = await run(feed, copy({ id: 'refused' }, { id: 'b' }));
    expect(answer.rows).toMatchObject([{ row: 2, reason: 'checksum_does_not_match' }]);
    expect(answer.snapshots).toMatchObject([{ active: 1, refusedRows: 1 }]);
  });

  it.each([
    [
      'older than the last',
      { observedAt: '2026-02-01T00:00:00Z' },
      'snapshot_is_older_than_the_last',
    ],
    ['to come', { observedAt: '2027-01-01T00:00:00Z' }, 'snapshot_is_observed_in_the_future'],
    [
      'of another authority',
      { ...APRIL, authority: 'vl.other' },
      'authority_may_not_speak_for_this_list',
    ],
  ])('refuses a copy %s: nothing is recorded', async (_, at, reason) => {
    const { run, facts } = testCases();
    await run(feed, copy({ id: 'a' }), MARCH);
    const before = await facts();
    await expect(run(feed, copy({ id: 'a' }, { id: 'b' }), at)).rejects.toMatchObject({
      status: 422,
      reason,
    });
    expect(await facts()).toEqual(before);
  });

  it.each([
    ['of 0 bytes', Buffer.alloc(0), 'file_is_empty'],
    [
      'without a case that can be read',
      copy({ id: 'a', owed: '-1' }),
      'snapshot_has_no_readable_row',
    ],
    ['without rows', copy(), 'file_has_no_rows'],
    ['of another table', Buffer.from('a,b\n1,2\n'), 'column_is_missing'],
  ])('refuses a file %s: nothing is recorded, nobody asked', async (_, bytes, reason) => {
    const { run, facts, identity, declared } = testCases();
    await expect(run(feed, bytes)).rejects.toMatchObject({ status: 422, reason });
    expect([await facts(), declared, identity.subjects.size]).toEqual([[], [], 0]);
  });

  it('is a listing as any other to whoever decides on it later', async () => {
    const { run, facts } = testCases();
    await run(feed, copy({ id: 'a' }));
    const listing = (await facts()).find(({ type }) => type === 'court.listing-taken-in.v1');
    expect(evolveListing(noListing, listing as unknown as ListingFact)).toMatchObject({
      status: 'listed',
      authority: 'vl.arbeidstilsyn',
      list: 'vl.lonn',
    });
  });
});
