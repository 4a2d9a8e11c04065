import { createHash } from 'node:crypto';
import type { FactsPage, Receipt, StatusRequest } from '@writ/contracts';
import { eventually } from './eventually.fixture.js';
import type { Client } from './system.fixture.js';
import { idOf, list, pay, ripeCase } from './world.fixture.js';

const CLERKS = 4;
const FIRST_SERIAL = 1_000;
const SUBJECTS_AT_ONCE = 500;

/** What a clerk was told: this subject stands so, by this receipt. */
export type Acknowledged = { serial: number; owes: boolean; receipt: Receipt };

/** Clerks who list and take payments, each command under one key until it is answered. */
export class Load {
  readonly acknowledged: Acknowledged[] = [];
  private readonly waiting: { count: number; resolve: () => void }[] = [];
  private readonly clerks: Promise<void>[];
  private stopping = false;
  private serials = FIRST_SERIAL;

  constructor(private readonly client: Client) {
    this.clerks = Array.from({ length: CLERKS }, () => this.clerk());
  }

  /** Resolves when so many more commands have been acknowledged than at the call. */
  async more(count: number): Promise<void> {
    const ended = Promise.all(this.clerks).then(() => {
      throw new Error('the clerks have gone home');
    });
    ended.catch(() => {});
    const reached = new Promise<void>((resolve) => {
      this.waiting.push({ count: this.acknowledged.length + count, resolve });
    });
    await Promise.race([reached, ended]);
  }

  /** Lets every clerk finish what they are at. */
  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.clerks);
  }

  private async clerk(): Promise<void> {
    while (!this.stopping) {
      const serial = this.serials++;
      const ripe = await eventually(() => ripeCase(this.client, serial));
      const listed = await eventually(() => list(this.client, serial, ripe, `list-${serial}`));
      this.told({ serial, owes: true, receipt: listed.receipt });
      const amount = serial % 2 === 0 ? '1000.00' : '999.99';
      const paid = await eventually(() => pay(this.client, ripe, amount, `pay-${serial}`));
      this.told({ serial, owes: serial % 2 !== 0, receipt: paid.receipt });
    }
  }

  private told(one: Acknowledged): void {
    this.acknowledged.push(one);
    for (const { count, resolve } of this.waiting) {
      if (this.acknowledged.length >= count) resolve();
    }
  }
}

/** @returns receipts whose fact the court's ledger does not have, and places without a fact */
export async function lostOf(client: Client, acknowledged: readonly Acknowledged[]) {
  const leaves: string[] = [];
  let size = 1;
  for (let after = -1; after < size - 1;) {
    const { body } = await client.get<FactsPage>(`/court/v1/facts?after=${after}&limit=5000`);
    for (const { position, canonical } of body.facts) leaves[position] = leafOf(canonical);
    ({ size, next: after } = body);
  }
  const lost = acknowledged.filter(({ receipt }) => leaves[receipt.position] !== receipt.leaf);
  return { lost, holes: size - Object.keys(leaves).length };
}

/** RFC 6962, written a second time: a judge shares no code with what it judges. */
function leafOf(canonical: string): string {
  return createHash('sha256').update('\u0000').update(canonical).digest('hex');
}

/** What the counter says of each acknowledged subject, where it is not what follows. */
export async function wronglyAnswered(client: Client, acknowledged: readonly Acknowledged[]) {
  const owes = new Map(acknowledged.map(({ serial, owes }) => [serial, owes]));
  const newest = acknowledged.reduce((last, { receipt }) =>
    receipt.position > last.receipt.position ? { ...last, receipt } : last,
  );
  // A payment names no subject: whoever was created last is known by the newest alias alone.
  const newestAlias = acknowledged.reduce((last, one) =>
    one.receipt.aliasSequence > last.receipt.aliasSequence ? one : last,
  );
  const serials = [...owes.keys()];
  const wrong: unknown[] = [];
  for (let n = 0; n < serials.length; n += SUBJECTS_AT_ONCE) {
    const some = serials.slice(n, n + SUBJECTS_AT_ONCE);
    const request: StatusRequest = {
      subjects: some.map((serial) => ({ identifier: idOf(serial), measures: ['travel.air'] })),
      purpose: 'test.compare',
      atLeast: [newest.receipt.token, newestAlias.receipt.token],
      settled: true,
      timeout: 60_000,
    };
    const answers = await eventually(async () => {
      const { status, body } = await client.ask(request);
      const said = body.answers?.map(({ measures }) => measures[0]?.answer);
      if (status !== 200 || said.includes('UNDETERMINED')) throw new Error(`not yet: ${status}`);
      return said;
    });
    some.forEach((serial, index) => {
      const expected = owes.get(serial) ? 'RESTRICTED' : 'NOT_RESTRICTED';
      if (answers[index] !== expected) wrong.push({ serial, expected, said: answers[index] });
    });
  }
  return wrong;
}
