import { feedOf } from './ofac.fixture.js';
import { NOBODY, COURT_LIST, day, idOf, listingBody, today, type Case } from './world.fixture.js';
import type { Json } from './system.fixture.js';

/** What stands recorded before anything bad is sent. */
export type Standing = {
  ripe: Case;
  listing: string;
  /** A part payment towards the ripe case. */
  performance: string;
  memorandum: string;
  measure: { measureId: string; decision: number; implementer: string };
  subject: string;
};

/** One endpoint with a request that would be served: every mistake is made from it. */
export type Endpoint = {
  path: string;
  /** Absent: it takes no body. */
  body?: Json;
  /** Headers without which it is refused. */
  needs: readonly ('writ-authority' | 'writ-actor' | 'idempotency-key')[];
  bytesMax?: number;
  /** A list whose members are each answered by itself: what is wrong in one is said there. */
  rows?: 'orders';
  /** Who asks, when not just anybody may. */
  authority?: string;
};

const COMMAND = ['writ-authority', 'writ-actor', 'idempotency-key'] as const;
const MEBIBYTE = 1024 * 1024;
/** Somebody nobody has named so far: would show as an alias if ever created. */
const FRESH = { identifiers: [idOf(900)] };
const ID = '0'.repeat(32);
/** One made-up case of a register. */
const WAGES = feedOf('us-ne-wage-dev');
const WAGE_CASE = {
  name: 'cases.csv',
  observedAt: '2026-01-02T00:00:00Z',
  bytes: Buffer.from(
    'case_uuid,employer_name,case_status,date_paid,date_closed,amount_assessed,amount_paid\n' +
      'made-up-1,Made Up Inc.,closed,,,500.0,0.0\n',
  ).toString('base64'),
};

/** Every POST endpoint as OpenAPI names it. */
export function endpointsOf(standing: Standing): Record<string, Endpoint> {
  return {
    ...courtEndpoints(standing),
    ...regulatoryEndpoints(standing),
    ...identityEndpoints(standing),
    ...answeringEndpoints(standing),
    '/enforcement/v1/acknowledgements': {
      path: '/enforcement/v1/acknowledgements',
      body: { ...standing.measure, outcome: 'applied', at: '2026-03-02T09:00:00Z' },
      needs: COMMAND,
      // Each implementer speaks for itself alone.
      authority: standing.measure.implementer,
    },
    '/enforcement/v1/quarantine/retry': {
      path: '/enforcement/v1/quarantine/retry',
      body: { ledger: 'court', subject: standing.subject },
      needs: [],
    },
    '/enforcement/v1/quarantine/lists/retry': {
      path: '/enforcement/v1/quarantine/lists/retry',
      body: { list: COURT_LIST },
      needs: [],
    },
  };
}

function courtEndpoints({ ripe, listing, performance }: Standing): Record<string, Endpoint> {
  const ofCase = `/court/v1/cases/${ripe.case}`;
  const amount = { amount: '10.00', currency: 'CNY' };
  return {
    '/court/v1/cases': {
      path: '/court/v1/cases',
      body: {
        caseNumber: '(2026) made-up bad input',
        instrument: {
          kind: 'judgment',
          number: '(2025) made-up bad input',
          issuer: 'cn.court.made-up',
          effectiveOn: day('2026-01-10'),
        },
      },
      needs: COMMAND,
    },
    '/court/v1/cases/{case}/obligations': {
      path: `${ofCase}/obligations`,
      body: { debtors: [FRESH], kind: 'pay', amount },
      needs: COMMAND,
    },
    '/court/v1/cases/{case}/notices': {
      path: `${ofCase}/notices`,
      body: {
        subject: { identifiers: [idOf(1)] },
        kind: 'enforcement-notice',
        method: 'personal',
        servedOn: '2026-02-01',
      },
      needs: COMMAND,
    },
    '/court/v1/cases/{case}/performances': {
      path: `${ofCase}/performances`,
      body: { obligation: ripe.obligation, amount, performedOn: today() },
      needs: COMMAND,
    },
    '/court/v1/listings': {
      path: '/court/v1/listings',
      body: listingBody(1, ripe),
      needs: COMMAND,
    },
    '/court/v1/listings/{listing}/delisting': {
      path: `/court/v1/listings/${listing}/delisting`,
      body: { reason: 'creditor-consent' },
      needs: COMMAND,
    },
    '/court/v1/listings/{listing}/annulment': {
      path: `/court/v1/listings/${listing}/annulment`,
      body: { reason: 'decision-void' },
      needs: COMMAND,
    },
    '/court/v1/listings/{listing}/correction': {
      path: `/court/v1/listings/${listing}/correction`,
      body: { ground: listingBody(1, ripe)['ground'], effectiveFrom: day(today()) },
      needs: COMMAND,
    },
    '/court/v1/listings/{listing}/retraction': {
      path: `/court/v1/listings/${listing}/retraction`,
      body: { reason: 'wrong-subject' },
      needs: COMMAND,
    },
    '/court/v1/cases/{case}/obligations/{obligation}/correction': {
      path: `${ofCase}/obligations/${ripe.obligation}/correction`,
      body: { amount: { amount: '900.00', currency: 'CNY' } },
      needs: COMMAND,
    },
    '/court/v1/cases/{case}/performances/{performance}/reversal': {
      path: `${ofCase}/performances/${performance}/reversal`,
      body: { reason: 'bounced', reversedOn: today() },
      needs: COMMAND,
    },
    '/court/v1/batches': {
      path: '/court/v1/batches',
      body: {
        orders: [
          {
            id: 'bad-input-1',
            type: 'court.intake.delisting-ordered.v1',
            data: { listing, reason: 'creditor-consent' },
          },
        ],
      },
      needs: ['writ-authority', 'writ-actor'],
      rows: 'orders',
    },
    '/court/v1/feeds/{list}/imports': {
      path: `/court/v1/feeds/${WAGES.list}/imports`,
      body: { description: WAGES, file: WAGE_CASE },
      needs: COMMAND,
      bytesMax: 80 * MEBIBYTE,
    },
    '/court/v1/feeds/{list}/order': {
      path: `/court/v1/feeds/${WAGES.list}/order`,
      body: { description: WAGES, names: ['cases.csv'] },
      needs: [],
    },
  };
}

function regulatoryEndpoints({ memorandum }: Standing): Record<string, Endpoint> {
  const version = {
    title: 'Another version',
    effectiveFrom: day('2026-01-20'),
    rows: [
      {
        row: 'm1',
        list: COURT_LIST,
        effect: 'restriction',
        measure: 'travel.air',
        implementer: 'cn.caac',
        legalBasis: 'Made-up basis, art. 2',
        admits: 'decided',
      },
    ],
  };
  const description = feedOf('ofac-sdn-dev');
  const { list } = description;
  return {
    '/regulatory/v1/lists': {
      path: '/regulatory/v1/lists',
      body: {
        list: 'xx.made-up.list',
        kind: 'restrictive',
        title: 'Made-up list',
        jurisdiction: 'xx',
        coverage: { schemes: ['lei'], places: ['xx'], from: day('2026-01-01', 'UTC') },
      },
      needs: COMMAND,
    },
    '/regulatory/v1/memoranda': {
      path: '/regulatory/v1/memoranda',
      body: { memorandum: 'cn.made-up-2026', ...version },
      needs: COMMAND,
    },
    '/regulatory/v1/batches': {
      path: '/regulatory/v1/batches',
      body: {
        orders: [
          {
            id: 'bad-input-1',
            type: 'regulatory.intake.list-declaration-ordered.v1',
            data: {
              list: 'zz.bad-input',
              kind: 'restrictive',
              title: 'Made up',
              jurisdiction: 'zz',
              coverage: { schemes: ['zz.company'], places: ['zz'], from: day('2026-01-01') },
            },
          },
        ],
      },
      needs: ['writ-authority', 'writ-actor'],
      rows: 'orders',
    },
    '/regulatory/v1/memoranda/{memorandum}/versions': {
      path: `/regulatory/v1/memoranda/${memorandum}/versions`,
      body: version,
      needs: COMMAND,
    },
    '/regulatory/v1/feeds/{list}/imports': {
      path: `/regulatory/v1/feeds/${list}/imports`,
      body: { description, file: { name: 'events.ndjson', bytes: 'e30=' } },
      needs: COMMAND,
      bytesMax: 80 * MEBIBYTE,
    },
    '/regulatory/v1/feeds/{list}/order': {
      path: `/regulatory/v1/feeds/${list}/order`,
      body: { description, names: ['events.ndjson'] },
      needs: [],
    },
  };
}

function identityEndpoints({ subject, ripe }: Standing): Record<string, Endpoint> {
  return {
    '/identity/v1/resolve': {
      path: '/identity/v1/resolve',
      body: { purpose: 'test.bad-input', subjects: [{ ...FRESH, create: true }] },
      needs: ['writ-actor'],
      bytesMax: 16 * MEBIBYTE,
    },
    '/identity/v1/texts': {
      path: '/identity/v1/texts',
      body: { texts: [{ ref: ID, owner: ID, kind: 'remark', text: 'Made up.' }] },
      needs: [],
      bytesMax: 16 * MEBIBYTE,
    },
    '/identity/v1/bindings': {
      path: '/identity/v1/bindings',
      body: { owner: ripe.case, subjects: [subject] },
      needs: ['writ-actor'],
    },
    '/identity/v1/erasures': {
      path: '/identity/v1/erasures',
      body: { subject, legalBasis: 'test.bad-input' },
      needs: COMMAND,
    },
    '/identity/v1/reveal': {
      path: '/identity/v1/reveal',
      body: { purpose: 'test.bad-input', subjects: [subject] },
      needs: ['writ-authority', 'writ-actor'],
    },
    '/identity/v1/schemes': {
      path: '/identity/v1/schemes',
      body: { scheme: 'xx.made-up-id', pattern: '^[0-9]{9}$', normalise: ['trim'] },
      needs: ['writ-actor'],
    },
  };
}

function answeringEndpoints({ subject }: Standing): Record<string, Endpoint> {
  const identifier = idOf(1);
  return {
    '/projection/v1/status': {
      path: '/projection/v1/status',
      body: { subjects: [{ identifier }], purpose: 'test.bad-input' },
      needs: [],
    },
    '/projection/v1/record': {
      path: '/projection/v1/record',
      body: { identifier, purpose: 'test.bad-input' },
      needs: [],
    },
    '/projection/v1/rebuild': { path: '/projection/v1/rebuild', needs: [] },
    '/projection/v1/rebuild/acceptance': {
      path: '/projection/v1/rebuild/acceptance',
      body: { by: 'made-up' },
      needs: ['writ-actor'],
    },
    '/projection/v1/quarantine/retry': {
      path: '/projection/v1/quarantine/retry',
      body: { ledger: 'court', subject },
      needs: [],
    },
  };
}

/** Every GET endpoint as OpenAPI names it → queries and paths it refuses, and with which field. */
export const BAD_LOOKS: Record<string, readonly [string, number, string | undefined][]> = {
  ...Object.fromEntries(
    ['court', 'regulatory', 'enforcement'].map((ledger) => [
      `/${ledger}/v1/facts`,
      [
        [`/${ledger}/v1/facts?after=none`, 400, '/query/after'],
        [`/${ledger}/v1/facts?after=999999999`, 409, '/query/after'],
        [`/${ledger}/v1/facts?after=0&epoch=7`, 409, '/query/epoch'],
        [`/${ledger}/v1/facts?epoch=0`, 400, '/query/epoch'],
        [`/${ledger}/v1/facts?limit=5001`, 400, '/query/limit'],
        [`/${ledger}/v1/facts?wait=-1`, 400, '/query/wait'],
        [`/${ledger}/v1/facts?afterwards=7`, 400, '/query/afterwards'],
        [`/${ledger}/v1/facts?after=7&after=8`, 400, '/query/after'],
      ],
    ]),
  ),
  ...Object.fromEntries(
    ['court', 'regulatory', 'enforcement'].map((ledger) => [
      `/${ledger}/v1/facts/stream`,
      [
        [`/${ledger}/v1/facts/stream?after=none`, 400, '/query/after'],
        [`/${ledger}/v1/facts/stream?after=999999999`, 409, '/query/after'],
        [`/${ledger}/v1/facts/stream?wait=7`, 400, '/query/wait'],
      ],
    ]),
  ),
  ...Object.fromEntries(
    ['court', 'regulatory', 'enforcement'].map((ledger) => [
      `/${ledger}/v1/authorities`,
      [[`/${ledger}/v1/authorities?olderThan=P1D`, 400, '/query/olderThan']],
    ]),
  ),
  '/court/v1/cases/{case}': [
    [`/court/v1/cases/${ID}`, 404, '/path/case'],
    [`/court/v1/cases/none`, 404, '/path/case'],
  ],
  '/identity/v1/aliases': [
    ['/identity/v1/aliases?after=-1', 400, '/query/after'],
    ['/identity/v1/aliases?limit=0', 400, '/query/limit'],
    ['/identity/v1/aliases?wait=x', 400, '/query/wait'],
    ['/identity/v1/aliases?since=7', 400, '/query/since'],
  ],
  '/identity/v1/schemes': [],
  '/enforcement/v1/open-liftings': [
    ['/enforcement/v1/open-liftings?olderThan=yesterday', 400, '/query/olderThan'],
    ['/enforcement/v1/open-liftings?implementer=No%20Code', 400, '/query/implementer'],
    ['/enforcement/v1/open-liftings?limit=0', 400, '/query/limit'],
    ['/enforcement/v1/open-liftings?after=!', 400, '/query/after'],
    ['/enforcement/v1/open-liftings?implementor=xx.rail', 400, '/query/implementor'],
  ],
  '/enforcement/v1/quarantine': [],
  '/enforcement/v1/quarantine/lists': [],
  '/projection/v1/lists/{list}': [
    ['/projection/v1/lists/xx.none', 404, undefined],
    [`/projection/v1/lists/${COURT_LIST}?asOf=yesterday`, 400, '/query/asOf'],
    [`/projection/v1/lists/${COURT_LIST}?knownAt=tomorrow`, 400, '/query/knownAt'],
    [`/projection/v1/lists/${COURT_LIST}?atLeast=none`, 400, '/query/atLeast/0'],
    [`/projection/v1/lists/${COURT_LIST}?timeout=-1`, 400, '/query/timeout'],
  ],
  '/projection/v1/lists/{list}/entries': [
    ['/projection/v1/lists/xx.none/entries', 404, undefined],
    [`/projection/v1/lists/${COURT_LIST}/entries?limit=0`, 400, '/query/limit'],
    [`/projection/v1/lists/${COURT_LIST}/entries?cursor=none`, 400, '/query/cursor'],
  ],
  '/projection/v1/root': [
    ['/projection/v1/root?atLeast=none', 400, '/query/atLeast/0'],
    ['/projection/v1/root?atLeast=none&atLeast=none', 400, '/query/atLeast'],
    ['/projection/v1/root?atleast=none', 400, '/query/atleast'],
  ],
  '/projection/v1/answers/{answerId}': [
    [`/projection/v1/answers/${ID}`, 404, '/path/answerId'],
    ['/projection/v1/answers/none', 404, '/path/answerId'],
  ],
  '/projection/v1/rebuild': [['/projection/v1/rebuild', 404, undefined]],
  '/projection/v1/rebuild/differences': [
    ['/projection/v1/rebuild/differences?limit=0', 400, '/query/limit'],
    ['/projection/v1/rebuild/differences?cursor=none', 400, '/query/cursor'],
    ['/projection/v1/rebuild/differences?after=none', 400, '/query/after'],
  ],
  '/projection/v1/quarantine': [],
};

/** A resident id of nobody whose last digit is not what its checksum says. */
export const wrongChecksum = () => {
  const { scheme, value } = idOf(901);
  const last = value.endsWith('1') ? '2' : '1';
  return { scheme, value: `${NOBODY}${value.slice(NOBODY.length, -1)}${last}` };
};
