import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually } from './eventually.fixture.js';
import { activeSubjects, describeReal, importEvents, OFAC, oracle } from './ofac.fixture.js';
import { subscriberOfThePage, type Subscriber } from './subscriber.fixture.js';
import { startSystem, SYSTEM, type System } from './system.fixture.js';

describeReal(`a subscriber built from docs/subscribing.md alone (${SYSTEM})`, () => {
  const middle = () => new Date(oracle()[70]?.observedAt ?? '').toISOString();
  let system: System;
  let subscriber: Subscriber;

  beforeAll(async () => {
    subscriber = subscriberOfThePage();
    system = await startSystem();
  });
  afterAll(async () => {
    await system?.stop();
    subscriber?.remove();
  });

  const overHttp = () => subscriber.run<{ active: string[] }>('subscriber.mjs', system.url, OFAC);
  let groups = 0;
  const overKafka = () => {
    const brokers = system.kafka?.brokers.join(',') ?? '';
    const words = [brokers, system.url, OFAC, `railway-${groups++}`];
    return subscriber.run<{ fromState: number; active: string[] }>(
      'kafka-subscriber.mjs',
      ...words,
    );
  };

  it('ends with the active set of the projection', async () => {
    for (const upTo of [{ upTo: middle() }, {}]) {
      const { receipt } = await importEvents(system.client, upTo);
      const atLeast = { atLeast: receipt?.token ?? '' };
      const { active } = await overHttp();
      expect(active.length).toBeGreaterThan(100);
      expect(active).toEqual(await activeSubjects(system.client, atLeast));
      if (SYSTEM === 'standalone') continue;
      // What is recorded is published a moment later.
      const told = await eventually(async () => {
        const heard = await overKafka();
        expect(heard.active).toEqual(active);
        return heard;
      });
      expect(told.fromState).toBeGreaterThanOrEqual(0);
    }
  }, 120_000);

  if (SYSTEM === 'stack') {
    it('begins with the state topic and goes on with the facts behind it', async () => {
      const list = 'us.ofac.sdn.second';
      const words = () => {
        const brokers = system.kafka?.brokers.join(',') ?? '';
        return [brokers, system.url, list, `airline-${groups++}`];
      };
      const subscribed = () =>
        subscriber.run<{ fromState: number; active: string[] }>('kafka-subscriber.mjs', ...words());
      await importEvents(system.client, { upTo: middle(), list });
      const half = await eventually(async () => {
        const heard = await subscribed();
        expect(heard.fromState).toBeGreaterThan(100);
        expect(heard.active.length).toBeGreaterThan(100);
        return heard;
      });
      // From here on the states stand still: what follows is in the facts alone.
      const { projection } = system.services;
      await projection.kill('SIGKILL');
      const { receipt } = await importEvents(system.client, { list });
      const whole = await eventually(async () => {
        const heard = await subscribed();
        expect(heard.active).not.toEqual(half.active);
        return heard;
      });
      await projection.start();
      const atLeast = { atLeast: receipt?.token ?? '' };
      const active = await activeSubjects(system.client, atLeast, list);
      expect((await subscribed()).active).toEqual(active);
      expect(whole.fromState).toBeGreaterThan(100);
    }, 180_000);
  }
});
