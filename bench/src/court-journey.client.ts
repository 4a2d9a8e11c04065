import type { Receipt, StatusResponse } from '@writ/contracts';
import { generatedUscc } from '@writ/identifiers';

/** No country has the code zz: a court may list on such lists in tests. */
const LIST = 'zz.bench.defaulters';
export const MEASURE = 'travel.air';
const SINCE = { date: '2020-01-01', zone: 'Asia/Shanghai' };
const AMOUNT = { amount: '1000.00', currency: 'CNY' };

/** A case ripe for a listing. */
export type Ripe = { n: number; case: string; obligation: string; notice: string };
export type Listed = { listing: string; receipt: Receipt };

/** Tells a running system over HTTP, as courts and counters do. Identifiers belong to nobody. */
export class CourtJourney {
  readonly today = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);

  /** @param run makes keys of one run differ from another's */
  constructor(
    private readonly url: string,
    private readonly run: string,
  ) {}

  /** A list that restricts, and the measure that follows from it. @returns receipts' tokens */
  async declare(): Promise<string[]> {
    const list = {
      list: LIST,
      kind: 'restrictive',
      title: 'Defaulters of the bench',
      issuer: 'bench.court',
      jurisdiction: 'cn',
      coverage: { schemes: ['cn.uscc'], places: ['cn'], from: SINCE },
    };
    const row = {
      row: MEASURE,
      list: LIST,
      effect: 'restriction',
      measure: MEASURE,
      implementer: 'bench.airline',
      legalBasis: 'For measuring alone',
      admits: 'decided',
    };
    const memorandum = {
      memorandum: 'bench.memorandum',
      title: 'Memorandum of the bench',
      effectiveFrom: SINCE,
      rows: [row],
    };
    const declared = await this.post<{ receipt: Receipt }>('/regulatory/v1/lists', list, 'list');
    const path = '/regulatory/v1/memoranda';
    const noted = await this.post<{ receipt: Receipt }>(path, memorandum, 'memorandum');
    return [declared.receipt.token, noted.receipt.token];
  }

  /** Opens a case against debtor n, with an obligation and a served notice. */
  async ripen(n: number): Promise<Ripe> {
    const opened = await this.post<{ case: string }>(
      '/court/v1/cases',
      {
        caseNumber: `bench ${n}`,
        instrument: {
          kind: 'judgment',
          number: `bench judgment ${n}`,
          issuer: 'bench.court',
          effectiveOn: SINCE,
        },
      },
      `case-${n}`,
    );
    const at = `/court/v1/cases/${opened.case}`;
    const owed = await this.post<{ obligations: { obligation: string }[] }>(
      `${at}/obligations`,
      { debtors: [this.subjectOf(n)], kind: 'pay', amount: AMOUNT, due: SINCE },
      `obligation-${n}`,
    );
    const served = await this.post<{ notice: string }>(
      `${at}/notices`,
      {
        subject: this.subjectOf(n),
        kind: 'enforcement-notice',
        method: 'personal',
        servedOn: '2026-02-10',
      },
      `notice-${n}`,
    );
    const obligation = owed.obligations[0]?.obligation ?? '';
    return { n, case: opened.case, obligation, notice: served.notice };
  }

  list(ripe: Ripe): Promise<Listed> {
    const body = {
      case: ripe.case,
      subject: this.subjectOf(ripe.n),
      list: LIST,
      ground: 'obligation-unperformed',
      obligations: [ripe.obligation],
      notice: ripe.notice,
      effectiveFrom: { date: this.today, zone: 'Asia/Shanghai' },
    };
    return this.post<Listed>('/court/v1/listings', body, `listing-${ripe.n}`);
  }

  /** Full payment: the listing ends in the same append. */
  pay(ripe: Ripe): Promise<{ receipt: Receipt }> {
    const body = { obligation: ripe.obligation, amount: AMOUNT, performedOn: this.today };
    return this.post(`/court/v1/cases/${ripe.case}/performances`, body, `payment-${ripe.n}`);
  }

  /** @param settled waits for enforcement too */
  async status(n: number, token: string, settled: boolean): Promise<string | undefined> {
    const identifier = identifierOf(n);
    const body = {
      subjects: [{ identifier, measures: [MEASURE] }],
      purpose: 'bench',
      atLeast: [token],
      settled,
      timeout: 20_000,
    };
    const response = await this.post<StatusResponse>('/projection/v1/status', body, `status-${n}`);
    return response.answers[0]?.measures[0]?.answer;
  }

  private subjectOf(n: number) {
    return { identifiers: [identifierOf(n)] };
  }

  private async post<T>(path: string, body: unknown, key: string): Promise<T> {
    const answer = await fetch(`${this.url}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'writ-authority': path.startsWith('/regulatory/') ? 'bench.regulator' : 'bench.court',
        'writ-actor': 'system:bench',
        'idempotency-key': `bench-${this.run}-${key}`,
      },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`);
    return JSON.parse(text) as T;
  }
}

function identifierOf(n: number) {
  return { scheme: 'cn.uscc', value: generatedUscc(n) };
}
