import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LEDGERS, REFERENCE_BUCKET, type LedgerName } from '@writ/contracts';
import type { IdentityClient, ServiceDefinition } from '@writ/service-host';
import { testHost, type TestHost } from '@writ/service-host/test-host';
import { ProjectionModule, projectionService } from './index.js';
import type { ProjectionConsumer } from './projection.consumer.js';
import { MadeUpLedgers } from './testing/made-up-ledgers.js';

let test: TestHost;
let live: ProjectionConsumer;
let ledgers: MadeUpLedgers;
const identity = { aliases: () => new Promise<never>(() => {}) } as unknown as IdentityClient;

beforeAll(async () => {
  const definition: ServiceDefinition = {
    ...projectionService,
    module: (host) =>
      ProjectionModule.register({
        ...host,
        consume: (given) => void (live = given as ProjectionConsumer),
        onReady: () => {},
        onStop: () => {},
      }),
  };
  test = await testHost(definition, { identity });
  ledgers = new MadeUpLedgers(() => test.clock.now());
});
afterAll(() => test?.stop());

/** Watermarks of now, of every bucket but those left out. */
async function watermarks(except: (ledger: LedgerName, bucket: number) => boolean): Promise<void> {
  for (const ledger of LEDGERS) {
    const marks = ledgers.watermarks(ledger).filter(({ bucket }) => !except(ledger, bucket));
    const buckets = marks.map((watermark) => {
      return { ledger, bucket: watermark.bucket, facts: [], watermark };
    });
    await live.apply({ buckets });
  }
}

async function fresh() {
  const answer = await test.app.inject({ url: '/health/fresh' });
  const { lines } = answer.json<{ lines: { name: string; behindSeconds: number | null }[] }>();
  const behind = lines.find(({ name }) => name === 'projection')?.behindSeconds;
  return [answer.statusCode, behind];
}

describe('the freshness of the projection', () => {
  it('is not known before every bucket has told where it stands', async () => {
    await watermarks((_, bucket) => bucket === REFERENCE_BUCKET);
    expect(await fresh()).toEqual([503, null]);
  });

  it.each(LEDGERS)('is that of a dead relay of reference facts, the %s one', async (ledger) => {
    await watermarks(() => false);
    expect(await fresh()).toEqual([200, 0]);
    test.clock.advance(120_000);
    await watermarks((one, bucket) => one === ledger && bucket === REFERENCE_BUCKET);
    expect(await fresh()).toEqual([503, 120]);
  });
});
