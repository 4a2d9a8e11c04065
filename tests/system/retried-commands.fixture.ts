import type { Endpoint } from './endpoints.fixture.js';
import { feedOf, OFAC } from './ofac.fixture.js';
import type { Client, Json } from './system.fixture.js';
import { day, idOf, list, listingBody, ripeCase } from './world.fixture.js';

/** What differs in the retry, per endpoint that takes a key. */
export const CHANGES: Readonly<Record<string, Json>> = {
  '/court/v1/cases': { caseNumber: '(2026) made-up, changed' },
  '/court/v1/cases/{case}/obligations': {
    debtors: [{ identifiers: [idOf(903)], name: 'Made-up Name' }],
  },
  '/court/v1/cases/{case}/notices': { servedOn: '2026-02-02' },
  '/court/v1/cases/{case}/performances': { performedOn: '2026-03-01' },
  '/court/v1/cases/{case}/obligations/{obligation}/correction': {
    amount: { amount: '800.00', currency: 'CNY' },
  },
  '/court/v1/cases/{case}/performances/{performance}/reversal': { reason: 'refunded' },
  '/court/v1/listings': { effectiveFrom: day('2999-01-01') },
  '/court/v1/listings/{listing}/correction': { effectiveFrom: day('2999-01-01') },
  '/court/v1/listings/{listing}/retraction': { reason: 'recorded-by-mistake' },
  '/court/v1/listings/{listing}/delisting': { reason: 'court-decision' },
  '/court/v1/listings/{listing}/annulment': { reason: 'instrument-quashed' },
  '/regulatory/v1/lists': { title: 'Changed' },
  '/regulatory/v1/memoranda': { title: 'Changed' },
  '/regulatory/v1/memoranda/{memorandum}/versions': { title: 'Changed' },
  '/court/v1/feeds/{list}/imports': { upTo: '2026-01-01T00:00:00Z' },
  '/regulatory/v1/feeds/{list}/imports': { upTo: '2026-01-01T00:00:00Z' },
  '/identity/v1/erasures': { legalBasis: 'test.changed' },
  '/enforcement/v1/acknowledgements': { at: '2026-03-02T09:00:01Z' },
};

/** Every command that takes a key as one that is recorded, and what differs in its retry. */
export async function retriedCommands(client: Client, endpoints: Record<string, Endpoint>) {
  const [toList, toAnnul] = [await ripeCase(client, 2), await ripeCase(client, 3)];
  const { listing } = await list(client, 3, toAnnul);
  const toRetract = await list(client, 4, await ripeCase(client, 4));
  const someone = await client.call<{ results: { subject: string }[] }>(
    'POST',
    '/identity/v1/resolve',
    { purpose: 'test.bad-input', subjects: [{ identifiers: [idOf(905)], create: true }] },
  );
  const { subject } = someone.body.results[0] ?? {};
  const observed = { observed_at: '2026-01-02T00:00:00+00:00', snapshot: 's1' };
  const row = { type: 'LISTED', ...observed, ent_num: 1, sdn_name: 'MADE UP', program: '-0-' };
  const bytes = Buffer.from(`${JSON.stringify(row)}\n`).toString('base64');
  const description = feedOf('ofac-sdn-dev');
  const own: Record<string, { path?: string; body?: Json }> = {
    '/court/v1/listings': { body: listingBody(2, toList) },
    '/court/v1/listings/{listing}/annulment': { path: `/court/v1/listings/${listing}/annulment` },
    '/court/v1/listings/{listing}/retraction': {
      path: `/court/v1/listings/${toRetract.listing}/retraction`,
    },
    '/identity/v1/erasures': { body: { subject, legalBasis: 'test.bad-input' } },
    '/regulatory/v1/feeds/{list}/imports': {
      path: `/regulatory/v1/feeds/${OFAC}/imports`,
      body: { description, file: { name: 'events.ndjson', bytes } },
    },
  };
  return Object.entries(CHANGES).map(([name, change]) => {
    const { path: to = name, body = {} } = { ...endpoints[name], ...own[name] };
    return { name, to, body, change };
  });
}
