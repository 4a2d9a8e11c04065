import type { StatusRequest } from '@writ/contracts';
import { eventually } from './eventually.fixture.js';
import { type Acknowledged } from './load.fixture.js';
import type { Client } from './system.fixture.js';
import { listingBody, mayFly, ripeCase, today, type Case, type Listed } from './world.fixture.js';

const CLERKS = 3;
const FIRST_SERIAL = 10_000;
const SETTLE_MS = 60_000;

/**
 * Clerks who list, take payments and ask, and forgive nothing: no command is tried again, and
 * whatever is refused, fails or is answered wrongly is kept.
 */
export class StrictLoad {
  readonly acknowledged: Acknowledged[] = [];
  readonly wrong: string[] = [];
  /** Commands and questions, all answered. */
  answered = 0;
  private readonly clerks: Promise<void>[];
  private stopping = false;
  private serials: number;

  constructor(
    private readonly client: Client,
    first = FIRST_SERIAL,
  ) {
    this.serials = first;
    this.clerks = Array.from({ length: CLERKS }, () => this.clerk());
  }

  /** Resolves when so many more subjects went the whole way than at the call. */
  async more(count: number): Promise<void> {
    const enough = this.acknowledged.length + 2 * count;
    await eventually(async () => {
      if (this.wrong.length === 0 && this.acknowledged.length < enough) throw new Error('not yet');
    });
  }

  /** Lets every clerk finish what they are at. */
  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.clerks);
  }

  private async clerk(): Promise<void> {
    while (!this.stopping) {
      const serial = this.serials++;
      await this.subject(serial).catch((error: unknown) => {
        this.wrong.push(`${serial}: ${error instanceof Error ? error.message : String(error)}`);
      });
    }
  }

  /** Listed, restricted; paid, and from that very position on restricted no more. */
  private async subject(serial: number): Promise<void> {
    const ripe = await ripeCase(this.client, serial);
    const { client } = this;
    const key = `strict-list-${serial}`;
    const body = listingBody(serial, ripe);
    const { receipt } = await client.done<Listed>('/court/v1/listings', body, key);
    this.acknowledged.push({ serial, owes: true, receipt });
    await this.expect(serial, receipt.token, ['RESTRICTED', 'UNDETERMINED']);
    await this.expect(serial, receipt.token, ['RESTRICTED'], true);
    const owes = serial % 2 !== 0;
    const paid = await this.pay(serial, ripe, owes ? '999.99' : '1000.00');
    this.acknowledged.push({ serial, owes, receipt: paid });
    if (owes) await this.expect(serial, paid.token, ['RESTRICTED'], true);
    else await this.expect(serial, paid.token, ['NOT_RESTRICTED']);
    this.answered += 8;
  }

  private async pay(serial: number, { case: id, obligation }: Case, amount: string) {
    const body = { obligation, amount: { amount, currency: 'CNY' }, performedOn: today() };
    const to = `/court/v1/cases/${id}/performances`;
    return (await this.client.done<Listed>(to, body, `strict-pay-${serial}`)).receipt;
  }

  private async expect(
    serial: number,
    token: string,
    allowed: readonly string[],
    settled = false,
  ): Promise<void> {
    const options: Pick<StatusRequest, 'timeout'> = { timeout: SETTLE_MS };
    const said = await mayFly(this.client, serial, { ...options, atLeast: [token], settled });
    const isRight = said.status === 200 && allowed.includes(String(said.answer));
    if (!isRight) throw new Error(`${allowed.join(' or ')} expected: ${JSON.stringify(said)}`);
  }
}
