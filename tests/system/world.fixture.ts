import type { Receipt } from '@writ/contracts';
import type { Client, Json } from './system.fixture.js';

/** Identifiers of nobody: region 999999 is assigned nowhere (checksums hold). */
export const NOBODY = '999999199001';

/** @returns a resident id with its checksum that can belong to nobody; serials below 28,000 */
export function residentId(serial: number): string {
  const birthday = String(1 + Math.floor(serial / 1_000)).padStart(2, '0');
  const digits = `${NOBODY}${birthday}${String(serial % 1_000).padStart(3, '0')}`;
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const sum = weights.reduce((total, weight, n) => total + weight * Number(digits[n]), 0);
  return `${digits}${'10X98765432'[sum % 11]}`;
}

export const idOf = (serial: number) => ({ scheme: 'cn.resident-id', value: residentId(serial) });
export const day = (date: string, zone = 'Asia/Shanghai') => ({ date, zone });

export const COURT_LIST = 'cn.spc.judgment-defaulters';

/** The court's list and a memorandum by which its subjects may not fly. */
export async function declareCourtList(client: Client): Promise<void> {
  await client.done('/regulatory/v1/lists', {
    list: COURT_LIST,
    kind: 'restrictive',
    title: 'Judgment defaulters',
    jurisdiction: 'cn',
    coverage: { schemes: ['cn.resident-id'], places: ['cn'], from: day('2013-10-01') },
  });
  await client.done('/regulatory/v1/memoranda', {
    memorandum: 'cn.joint-2016',
    title: 'Joint measures',
    effectiveFrom: day('2016-01-20'),
    rows: [
      {
        row: 'm28',
        list: COURT_LIST,
        effect: 'restriction',
        measure: 'travel.air',
        implementer: 'cn.caac',
        legalBasis: 'Made-up basis, art. 1',
        admits: 'decided',
      },
    ],
  });
}

export type Case = { case: string; obligation: string; notice: string };

/** An effective judgment: what opens a case, over HTTP or as an order. */
export const judgmentOf = (which: number | string) => ({
  caseNumber: `(2026) made-up ${which}`,
  instrument: {
    kind: 'judgment',
    number: `(2025) made-up ${which}`,
    issuer: 'cn.court.made-up',
    effectiveOn: day('2026-01-10'),
  },
});

/** A case with one debt of that amount and a served notice: ripe for a listing. */
export async function ripeCase(
  client: Client,
  serial: number,
  amount = '1000.00',
  texts: { caseNumber?: string; name?: string } = {},
): Promise<Case> {
  const subject = { identifiers: [idOf(serial)] };
  const { caseNumber } = texts;
  const opened = await client.done<{ case: string }>('/court/v1/cases', {
    ...judgmentOf(serial),
    ...(caseNumber === undefined ? {} : { caseNumber }),
  });
  const path = `/court/v1/cases/${opened.case}`;
  const owed = await client.done<{ obligations: { obligation: string }[] }>(`${path}/obligations`, {
    debtors: [{ ...subject, ...(texts.name === undefined ? {} : { name: texts.name }) }],
    kind: 'pay',
    amount: { amount, currency: 'CNY' },
  });
  const served = await client.done<{ notice: string }>(`${path}/notices`, {
    subject,
    kind: 'enforcement-notice',
    method: 'personal',
    servedOn: '2026-02-01',
  });
  const obligation = owed.obligations[0]?.obligation ?? '';
  return { case: opened.case, obligation, notice: served.notice };
}

/** Today where the court sits. */
export const today = () =>
  new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai' }).format(new Date());

export function listingBody(serial: number, ripe: Case): Json {
  return {
    case: ripe.case,
    subject: { identifiers: [idOf(serial)] },
    list: COURT_LIST,
    ground: 'cn.spc.g1.able-but-refuses',
    obligations: [ripe.obligation],
    notice: ripe.notice,
    effectiveFrom: day(today()),
  };
}

export type Listed = { listing: string; receipt: Receipt };

/** Lists the debtor of a ripe case. */
export const list = (client: Client, serial: number, ripe: Case, key?: string) =>
  client.done<Listed>('/court/v1/listings', listingBody(serial, ripe), key);

/** Pays an amount towards a case's debt. */
export const pay = (client: Client, ripe: Case, amount: string, key?: string) =>
  client.done<{ receipt: Receipt; performance: string; delisted: string[] }>(
    `/court/v1/cases/${ripe.case}/performances`,
    {
      obligation: ripe.obligation,
      amount: { amount, currency: 'CNY' },
      performedOn: today(),
    },
    key,
  );

/** What the counter is told about flying. */
export async function mayFly(
  client: Client,
  serial: number,
  options: { atLeast?: string[]; settled?: boolean; timeout?: number } = {},
) {
  const answer = await client.ask({
    subjects: [{ identifier: idOf(serial), measures: ['travel.air'] }],
    purpose: 'sale-of-ticket',
    timeout: 30_000,
    ...options,
  });
  const [first] = answer.body.answers?.[0]?.measures ?? [];
  return {
    status: answer.status,
    answer: first?.answer,
    causes: first?.causes?.map(({ cause }) => cause) ?? [],
    undetermined: first?.undetermined ?? [],
    position: answer.body.position,
  };
}
