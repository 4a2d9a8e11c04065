import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rmSync } from 'node:fs';
import path from 'node:path';
import type { RebuildReport, Receipt, StatusResponse } from '@writ/contracts';
import { temporaryFolder } from '@writ/local-servers';
import { SERVICES, type ServiceName } from '@writ/service-host';
import {
  keyPrints,
  openEpoch,
  reread,
  restoreBackup,
  takeBackup,
  type Owners,
} from '@writ/standalone';
import { Kafka, logLevel } from 'kafkajs';
import { eventually } from './eventually.fixture.js';
import { startSystem, SYSTEM, type System } from './system.fixture.js';
import { declareCourtList, idOf, list, mayFly, pay, ripeCase } from './world.fixture.js';

const LEDGERS = ['court', 'regulatory', 'enforcement'] as const;
const quiet = () => {};

/** Deletes topics as an operator does: they are copies, and are published anew. */
async function deleteTopics({ kafka }: System, which: RegExp): Promise<void> {
  const brokers = kafka?.brokers ?? [];
  const admin = new Kafka({ brokers, clientId: 'operator', logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const ours = async () => (await admin.listTopics()).filter((topic) => which.test(topic));
  await admin.deleteTopics({ topics: await ours() });
  while ((await ours()).length > 0);
  await admin.disconnect();
}

/** What a counter was told, asked again and again. */
type Told = { answer: string | undefined; currentTo: string };

if (SYSTEM === 'stack') {
  describe('yesterday’s backup restored under a running stack', () => {
    const folder = temporaryFolder('writ-restore-');
    const backup = path.join(folder, 'backup');
    let system: System;
    let owners: Owners;
    let keys: Record<string, string>;
    /** Listed yesterday, paid today: the backup knows nothing of the payment. */
    const [lifted, listed] = [61, 62];
    let today: Receipt;

    beforeAll(async () => {
      system = await startSystem();
      const urls = SERVICES.map((name) => [name, system.databases[name].owner]);
      owners = Object.fromEntries(urls) as Owners;
      keys = keyPrints(path.join(system.dataFolder, 'keys'));
      await declareCourtList(system.client);
      const paid = await ripeCase(system.client, lifted);
      const yesterday = await list(system.client, lifted, paid);
      const settled = { atLeast: [yesterday.receipt.token], settled: true };
      expect((await mayFly(system.client, lifted, settled)).answer).toBe('RESTRICTED');
      await takeBackup(backup, owners, keys, quiet);
      await pay(system.client, paid, '1000.00');
      today = (await list(system.client, listed, await ripeCase(system.client, listed))).receipt;
      const now = { atLeast: [today.token], settled: true };
      expect((await mayFly(system.client, lifted, now)).answer).toBe('NOT_RESTRICTED');
      expect((await mayFly(system.client, listed, now)).answer).toBe('RESTRICTED');
    });
    afterAll(async () => {
      await system?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    const services = (...names: ServiceName[]) => names.map((name) => system.services[name]);

    async function fresh(service: ServiceName): Promise<string> {
      const answer = await fetch(`${system.services[service].url}/health/fresh`);
      return answer.text();
    }

    async function told(serial: number): Promise<Told | undefined> {
      const answer = await system.client
        .ask({
          subjects: [{ identifier: idOf(serial), measures: ['travel.air'] }],
          purpose: 'sale-of-ticket',
          maxAge: 5,
        })
        .catch(() => undefined);
      if (answer?.status !== 200) return undefined;
      const body: StatusResponse = answer.body;
      const currentTo = body.currentTo.court ?? '';
      return { answer: body.answers[0]?.measures[0]?.answer, currentTo };
    }

    it('stops loudly what has moved on, and goes on in a new epoch with no stale answer', async () => {
      // Asked all the while: nothing but what the restored ledgers say, or UNDETERMINED.
      const heard: (Told & { serial: number })[] = [];
      const isOver = new AbortController();
      const asking = [lifted, listed].map(async (serial) => {
        while (!isOver.signal.aborted) {
          const one = await told(serial);
          if (one) heard.push({ serial, ...one });
        }
      });
      for (const service of services(...SERVICES)) await service.kill('SIGTERM');
      await restoreBackup(backup, { owners, keys, replace: true, note: quiet });
      for (const ledger of LEDGERS) await openEpoch(owners[ledger], ledger, 'drill');
      const opened = new Date().toISOString();
      const begin = ['identity', 'regulatory', 'court', 'enforcement', 'projection'] as const;
      await Promise.all(services(...begin).map((service) => service.start()));
      // The topics hold what the ledgers lost: nobody publishes over it.
      await eventually(async () => expect(await fresh('court')).toContain('alarm'));
      expect((await told(lifted))?.answer ?? 'UNDETERMINED').toBe('UNDETERMINED');
      for (const service of services(...SERVICES)) await service.kill('SIGTERM');
      await deleteTopics(system, /^(court|regulatory|enforcement)\./);
      await Promise.all(services(...begin).map((service) => service.start()));
      await eventually(async () => {
        expect((await told(lifted))?.answer).toBe('RESTRICTED');
        expect((await told(listed))?.answer).toBe('NOT_RESTRICTED');
      });
      isOver.abort();
      await Promise.all(asking);
      const right = new Map([
        [lifted, 'RESTRICTED'],
        [listed, 'NOT_RESTRICTED'],
      ]);
      const stale = heard.filter(({ serial, answer, currentTo }) => {
        return currentTo >= opened && answer !== 'UNDETERMINED' && answer !== right.get(serial);
      });
      expect(stale).toEqual([]);
      expect(heard.some(({ answer }) => answer === 'UNDETERMINED')).toBe(true);
    }, 240_000);

    it('refuses what was promised in the epoch that is gone', async () => {
      const answer = await system.client.ask({
        subjects: [{ identifier: idOf(listed), measures: ['travel.air'] }],
        purpose: 'sale-of-ticket',
        atLeast: [today.token],
      });
      expect(answer).toMatchObject({
        status: 409,
        body: { type: 'urn:writ:problem:receipt-is-of-another-epoch' },
      });
    });

    it('records on, and the live root is that of a rebuild', async () => {
      const { receipt } = await list(system.client, 63, await ripeCase(system.client, 63));
      expect(receipt.epoch).toBe(2);
      const now = { atLeast: [receipt.token], settled: true };
      expect((await mayFly(system.client, 63, now)).answer).toBe('RESTRICTED');
      const started = await system.client.call('POST', '/projection/v1/rebuild');
      expect(started.status).toBe(202);
      await eventually(async () => {
        const { body } = await system.client.get<RebuildReport>('/projection/v1/rebuild');
        expect(body.state).toBe('equal');
      });
    });
  });

  describe('a ledger alone restored under consumers that hold more', () => {
    const folder = temporaryFolder('writ-restore-one-');
    const backup = path.join(folder, 'backup');
    let system: System;

    beforeAll(async () => {
      system = await startSystem();
      await declareCourtList(system.client);
    });
    afterAll(async () => {
      await system?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    it('stops their buckets, and they say so until somebody has acted', async () => {
      const { client, services, databases, dataFolder } = system;
      const urls = SERVICES.map((name) => [name, databases[name].owner]);
      const owners = Object.fromEntries(urls) as Owners;
      const keys = keyPrints(path.join(dataFolder, 'keys'));
      const ripe = await ripeCase(client, 71);
      const before = await list(client, 71, ripe);
      const settled = { atLeast: [before.receipt.token], settled: true };
      expect((await mayFly(client, 71, settled)).answer).toBe('RESTRICTED');
      await takeBackup(backup, owners, keys, quiet);
      const { receipt } = await pay(client, ripe, '1000.00');
      const lifted = { atLeast: [receipt.token] };
      expect((await mayFly(client, 71, lifted)).answer).toBe('NOT_RESTRICTED');
      await services.court.kill('SIGTERM');
      await restoreBackup(backup, { owners, keys, only: ['court'], replace: true, note: quiet });
      await openEpoch(owners.court, 'court', 'drill');
      await services.court.start();
      await services.projection.kill('SIGTERM');
      await services.projection.start();
      // The relay of the court, and the projection's bucket, each by itself.
      await eventually(async () => {
        const court = await (await fetch(`${services.court.url}/health/fresh`)).text();
        expect(court).toContain('alarm');
        const projection = await (await fetch(`${services.projection.url}/health/fresh`)).json();
        const { exchange } = projection as { exchange: { stoppedBuckets: number }[] };
        expect(exchange.some(({ stoppedBuckets }) => stoppedBuckets > 0)).toBe(true);
      });
      await eventually(async () => {
        const answer = await client.ask({
          subjects: [{ identifier: idOf(71), measures: ['travel.air'] }],
          purpose: 'sale-of-ticket',
          maxAge: 5,
        });
        expect(answer.body.answers[0]?.measures[0]?.answer).toBe('UNDETERMINED');
      });
      // As the runbook says: who held more reads again, and the topics are published anew.
      const behind = ['court', 'enforcement', 'projection'] as const;
      for (const name of behind) await services[name].kill('SIGTERM');
      const enforcement = { service: 'enforcement', what: 'court' } as const;
      // The lifting that followed from the lost payment must not pass for newer than the listing.
      expect(await reread(owners, enforcement)).toEqual({ voided: 1 });
      const projection = { service: 'projection', what: 'everything' } as const;
      const { answersKept = 0 } = await reread(owners, projection);
      expect(answersKept).toBeGreaterThan(0);
      await deleteTopics(system, /^court\./);
      await Promise.all(behind.map((name) => services[name].start()));
      const { receipt: after } = await list(client, 72, await ripeCase(client, 72));
      expect(after.epoch).toBe(2);
      const now = { atLeast: [after.token], settled: true };
      expect((await mayFly(client, 72, now)).answer).toBe('RESTRICTED');
      await eventually(async () => {
        expect((await mayFly(client, 71, now)).answer).toBe('RESTRICTED');
      });
    }, 240_000);
  });
} else {
  it('a stack alone has others that hold more: the drill runs there', () =>
    expect(SYSTEM).toBe('standalone'));
}
