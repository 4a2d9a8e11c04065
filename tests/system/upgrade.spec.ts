import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import type { FactsPage, RebuildReport, Receipt } from '@writ/contracts';
import { SERVICES, type ServiceName } from '@writ/service-host';
import { seededRandom } from '@writ/testkit';
import { eventually } from './eventually.fixture.js';
import { rootAtRest } from './fresh-projection.fixture.js';
import { lostOf, wronglyAnswered } from './load.fixture.js';
import { openSideBySide, type Build, type SideBySide } from './side-by-side.fixture.js';
import { buildSpine, hasSpine, SPINE, type OldCode } from './spine.fixture.js';
import { StrictLoad } from './strict-load.fixture.js';
import { SYSTEM, type System } from './system.fixture.js';
import { day, declareCourtList, list, listingBody, mayFly, ripeCase } from './world.fixture.js';

const run = promisify(execFile);
const resolve = createRequire(import.meta.url).resolve;
const root = path.resolve(import.meta.dirname, '../..');

/** Subjects that go the whole way before, between and after swaps. */
const ENOUGH = 4;
/** Corrected one by one while two projections share the buckets: old and new get some each. */
const BETWEEN = 8;
const SEED = Number(process.env['WRIT_SEED'] ?? 20_261_127);

const NEW: Build = {
  mainOf: (service) => path.join(path.dirname(resolve(`@writ/${service}`)), 'main.js'),
};

/** Services are processes of their own over the broker alone. */
const canRun = SYSTEM === 'stack' && hasSpine();
if (SYSTEM !== 'stack') {
  it('one process is upgraded by starting it anew: services are swapped on the stack alone', () =>
    expect(SYSTEM).toBe('standalone'));
} else if (!canRun) {
  console.error(`SKIPPED, NO UPGRADE IS TESTED: ${SPINE} IS NOT IN THIS HISTORY`);
}
const describeUpgrade: (name: string, suite: () => void) => void = canRun
  ? describe
  : SYSTEM === 'stack'
    ? describe['skip']
    : () => undefined;

describeUpgrade(`from the spine to this commit, side by side (${SYSTEM})`, () => {
  let spine: OldCode;
  let system: SideBySide | undefined;

  beforeAll(() => {
    console.error(`upgrade seed: ${SEED} (WRIT_SEED repeats it)`);
    spine = buildSpine();
  }, 300_000);
  afterAll(() => spine?.remove());

  const orders: ServiceName[][] = [
    ['court', 'regulatory', 'identity', 'enforcement', 'projection'],
    shuffled(SERVICES),
  ];

  it.each(orders.map((order) => ({ order, name: order.join(', ') })))(
    '$name: no error answered, one root',
    async ({ order }) => {
      try {
        system = await openSideBySide();
        await upgrade(system, spine, order);
      } finally {
        await system?.stop();
      }
    },
    600_000,
  );
});

/** All of it: old code under load, each service swapped, then everything held against itself. */
async function upgrade(system: SideBySide, spine: Build, order: ServiceName[]): Promise<void> {
  const { client } = system;
  for (const service of SERVICES) await system.migrate(service, spine);
  await Promise.all(SERVICES.map((service) => system.startBeside(service, spine)));
  await declareCourtList(client);
  const corrections = await Corrections.prepare(system, 1 + BETWEEN);
  const load = new StrictLoad(client);
  try {
    await load.more(ENOUGH);
    const swapped = new Set<ServiceName>();
    for (const service of order) {
      await system.migrate(service, NEW);
      await system.startBeside(service, NEW);
      system.switchOver(service);
      if (service === 'projection' && swapped.has('court')) await corrections.put(BETWEEN);
      await load.more(ENOUGH);
      await system.stopOthers(service);
      swapped.add(service);
      if (service === 'court' && !swapped.has('projection')) await corrections.isNotYetUnderstood();
      await load.more(ENOUGH);
      expect(load.wrong).toEqual([]);
    }
  } finally {
    await load.stop();
  }
  expect(load.wrong).toEqual([]);
  await corrections.haveSettled();
  expect(await lostOf(client, load.acknowledged)).toEqual({ lost: [], holes: 0 });
  expect(await wronglyAnswered(client, load.acknowledged)).toEqual([]);
  const listed = load.acknowledged.length / 2 + corrections.subjects;
  expect(await countOf(system, 'court.subject-listed.v1')).toBe(listed);
  const { root: live } = await rootAtRest(system as unknown as System);
  expect(await rebuilt(system)).toMatchObject({ state: 'equal', root: live.root });
  // Ends with another code than 0, and throws here, when it finds anything.
  const verify = [path.join(root, 'cli/bin/writ.mjs'), 'verify', '--url', client.origin];
  await run(process.execPath, verify);
}

/** Listings put right by new code: facts that old code does not know. */
class Corrections {
  private done = 0;
  private constructor(
    private readonly system: SideBySide,
    private readonly listings: readonly string[],
    private readonly ground: unknown,
  ) {}

  get subjects(): number {
    return this.listings.length;
  }

  static async prepare(system: SideBySide, count: number): Promise<Corrections> {
    const listings: string[] = [];
    let ground: unknown;
    for (let serial = 1; serial <= count; serial++) {
      const ripe = await ripeCase(system.client, serial);
      ground = listingBody(serial, ripe)['ground'];
      const { listing, receipt } = await list(system.client, serial, ripe);
      listings.push(listing);
      const options = { atLeast: [receipt.token], settled: true };
      expect((await mayFly(system.client, serial, options)).answer).toBe('RESTRICTED');
    }
    return new Corrections(system, listings, ground);
  }

  /** Makes so many listings hold from a distant day on. */
  async put(count: number): Promise<Receipt[]> {
    const receipts: Receipt[] = [];
    for (const listing of this.listings.slice(this.done, this.done + count)) {
      const body = { ground: this.ground, effectiveFrom: day('2999-01-01') };
      const to = `/court/v1/listings/${listing}/correction`;
      receipts.push((await this.system.client.done<{ receipt: Receipt }>(to, body)).receipt);
    }
    this.done += count;
    return receipts;
  }

  /** Whom it concerns is answered UNDETERMINED; whom it does not, as before. */
  async isNotYetUnderstood(): Promise<void> {
    const serial = this.done + 1;
    const [receipt] = await this.put(1);
    const atLeast = [receipt?.token ?? ''];
    const { client } = this.system;
    const said = await mayFly(client, serial, { atLeast });
    expect(said).toMatchObject({ status: 200, answer: 'UNDETERMINED' });
    expect(await waitingIn(client)).toHaveLength(1);
    expect(await mayFly(client, serial + 1, { atLeast })).toMatchObject({ answer: 'RESTRICTED' });
  }

  /** By itself, once who did not understand is gone. */
  async haveSettled(): Promise<void> {
    const { client } = this.system;
    const serials = this.listings.map((_, index) => index + 1);
    const said = await eventually(async () => {
      const answers: unknown[] = [];
      for (const serial of serials) answers.push((await mayFly(client, serial)).answer);
      if (answers.includes('UNDETERMINED')) throw new Error(`not settled: ${answers.join()}`);
      return answers;
    });
    const expected = (serial: number) => (serial <= this.done ? 'NOT_RESTRICTED' : 'RESTRICTED');
    expect(said).toEqual(serials.map(expected));
    expect(await waitingIn(client)).toEqual([]);
  }
}

async function waitingIn(client: System['client']): Promise<unknown[]> {
  const { body } = await client.get<{ waiting: unknown[] }>('/projection/v1/quarantine');
  return body.waiting;
}

async function countOf({ client }: SideBySide, type: string): Promise<number> {
  let count = 0;
  let size = 1;
  for (let after = -1; after < size - 1;) {
    const { body } = await client.get<FactsPage>(`/court/v1/facts?after=${after}&limit=5000`);
    count += body.facts.filter(({ canonical }) => canonical.includes(`"type":"${type}"`)).length;
    ({ size, next: after } = body);
  }
  return count;
}

async function rebuilt({ client }: SideBySide): Promise<RebuildReport> {
  const started = await client.call('POST', '/projection/v1/rebuild');
  expect(started.status).toBe(202);
  return eventually(async () => {
    const { body } = await client.get<RebuildReport>('/projection/v1/rebuild');
    if (body.state === 'folding' || body.state === 'comparing') throw new Error(body.state);
    return body;
  });
}

/** Fisher and Yates, from the seed. */
function shuffled(services: readonly ServiceName[]): ServiceName[] {
  const random = seededRandom(SEED);
  const order = [...services];
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other], order[last]] as [ServiceName, ServiceName];
  }
  return order;
}
