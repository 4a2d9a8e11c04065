import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { IntakeProbe, type Sent } from './intake-probe.fixture.js';
import { startSystem, SYSTEM, type System } from './system.fixture.js';
import { day, judgmentOf } from './world.fixture.js';

const TYPE = 'court.intake.judgment-effective.v1';

/** An order that would be recorded; every mistake is made from it. */
function order(id: string, headers: Record<string, string | undefined> = {}): Sent {
  const good = {
    ce_specversion: '1.0',
    ce_id: id,
    ce_source: '/court/made-up',
    ce_type: TYPE,
    ce_authority: 'cn.court.made-up',
    ce_actor: 'system:case-desk',
    'content-type': 'application/json',
    ...headers,
  };
  const present = Object.entries(good).filter(([, value]) => value !== undefined);
  const named = Object.fromEntries(present) as Record<string, string>;
  return { headers: named, value: JSON.stringify(judgmentOf(id)) };
}
const ahead = () => new Date(Date.parse(new Date().toISOString()) + 3_600_000).toISOString();
const wrong = (id: string, data: unknown): Sent => ({ ...order(id), value: JSON.stringify(data) });

/** Name → what is sent, the reason of the problem and the field named. */
const BAD: Readonly<Record<string, readonly [(id: string) => Sent, string, string]>> = {
  'no CloudEvents version': [
    (id) => order(id, { ce_specversion: undefined }),
    'specversion-is-not-1-0',
    '/headers/ce_specversion',
  ],
  'no authority': [
    (id) => order(id, { ce_authority: undefined }),
    'authority-is-missing',
    '/headers/ce_authority',
  ],
  'an actor that is none': [
    (id) => order(id, { ce_actor: 'somebody' }),
    'actor-is-malformed',
    '/headers/ce_actor',
  ],
  'another content': [
    (id) => order(id, { 'content-type': 'application/cloudevents+json' }),
    'media-type-is-not-supported',
    '/headers/content-type',
  ],
  'an unknown type': [
    (id) => order(id, { ce_type: 'court.intake.made-up.v1' }),
    'type-of-order-is-unknown',
    '/headers/ce_type',
  ],
  "a fact's type": [
    (id) => order(id, { ce_type: 'court.case-opened.v1' }),
    'type-of-order-is-unknown',
    '/headers/ce_type',
  ],
  'an unknown version': [
    (id) => order(id, { ce_type: 'court.intake.judgment-effective.v2' }),
    'version-of-order-is-unknown',
    '/headers/ce_type',
  ],
  "a regulator's order": [
    (id) => order(id, { ce_type: 'regulatory.intake.list-declaration-ordered.v1' }),
    'order-is-for-another-service',
    '/headers/ce_type',
  ],
  'a clock far ahead': [
    (id) => order(id, { ce_time: ahead() }),
    'time-is-ahead-of-ours',
    '/headers/ce_time',
  ],
  'no JSON': [(id) => ({ ...order(id), value: '{"caseNumber":' }), 'data-is-not-json', '/data'],
  'nothing at all': [(id) => ({ ...order(id), value: null }), 'data-is-not-json', '/data'],
  'a huge message': [
    (id) => wrong(id, { ...judgmentOf(id), padding: 'x'.repeat(300_000) }),
    'order-is-too-large',
    '/data',
  ],
  'an unknown member': [
    (id) => wrong(id, { ...judgmentOf(id), surplus: 1 }),
    'field-is-unknown',
    '/data/surplus',
  ],
  'a day that is none': [
    (id) =>
      wrong(id, {
        ...judgmentOf(id),
        instrument: { ...judgmentOf(id).instrument, effectiveOn: day('2026-02-30') },
      }),
    'field-is-invalid',
    '/data/instrument/effectiveOn',
  ],
  'a lone surrogate': [
    (id) => ({
      ...order(id),
      value: JSON.stringify(judgmentOf(id)).replace('(2026)', String.raw`\ud800`),
    }),
    'text-is-ill-formed',
    '/data/caseNumber',
  ],
};

if (SYSTEM === 'stack') {
  describe('orders over Kafka that cannot be carried out (stack)', () => {
    let system: System;
    let probe: IntakeProbe;

    beforeAll(async () => {
      system = await startSystem();
      probe = await IntakeProbe.open(system.kafka?.brokers ?? []);
    });
    afterAll(async () => {
      await probe?.close();
      await system?.stop();
    });

    async function size(): Promise<number> {
      const { body } = await system.client.get<{ size: number }>('/court/v1/facts?limit=1');
      return body.size;
    }

    it.each(Object.entries(BAD))(
      '%s: refused, the field named',
      async (name, [make, reason, field]) => {
        const before = await size();
        const id = `bad-${name.replaceAll(/[^a-z]/gi, '-')}`;
        const place = await probe.send(make(id));
        const { ce_id, order: answered, status, problem, result } = await probe.replyTo(id);
        expect({ ce_id, source: answered.source, result }).toEqual({
          ce_id: place,
          source: '/court/made-up',
        });
        expect(problem).toMatchObject({ type: `urn:writ:problem:${reason}`, field, status });
        expect(status).toBeGreaterThanOrEqual(400);
        expect(await size()).toBe(before);
      },
    );

    it('never say again what was sent', () => {
      const said = JSON.stringify([probe.replies, probe.refused]);
      expect(said).not.toMatch(/made-up bad|xxxxx|surplus":/);
    });

    it('that name no order or no sender go to court.intake-refused, without their content', async () => {
      const places = [
        await probe.send(order('x', { ce_id: undefined })),
        await probe.send(order('')),
        await probe.send(order('no-source', { ce_source: undefined })),
        await probe.send({ headers: {}, value: 'made-up content' }),
      ];
      while (probe.refused.length < places.length) await probe.heard();
      const told = probe.refused.map(({ topic, partition, offset, reason, field }) => {
        return [`${topic}/${partition}/${offset}`, reason, field];
      });
      expect(told.toSorted()).toEqual(
        [
          [places[0], 'id_is_missing', '/headers/ce_id'],
          [places[1], 'id_is_malformed', '/headers/ce_id'],
          [places[2], 'source_is_missing', '/headers/ce_source'],
          [places[3], 'id_is_missing', '/headers/ce_id'],
        ].toSorted(),
      );
      expect(JSON.stringify(probe.refused)).not.toContain('made-up');
    });

    it('hold nothing up: a good one behind a bad one of every kind is recorded', async () => {
      for (const [index, [make]] of Object.values(BAD).entries()) {
        await probe.send({ ...make(`again-${index}`), partition: 3 });
      }
      await probe.send({ headers: {}, value: 'unreadable', partition: 3 });
      await probe.send({ ...order('good'), partition: 3 });
      expect(await probe.replyTo('good')).toMatchObject({ status: 201 });
    });

    it('under a key that another order had: refused, as over HTTP', async () => {
      await probe.send({ ...order('good'), value: JSON.stringify(judgmentOf('another')) });
      const replies = () => probe.replies.filter(({ order: { id } }) => id === 'good');
      while (replies().length < 2) await probe.heard();
      expect(replies()[1]).toMatchObject({
        status: 422,
        problem: {
          type: 'urn:writ:problem:key-reused-with-another-body',
          field: '/headers/ce_id',
        },
      });
      const headers = { 'writ-actor': 'system:case-desk', 'idempotency-key': 'good' };
      const { client } = system;
      const same = await client.call('POST', '/court/v1/cases', judgmentOf('good'), headers);
      expect(same.body).toEqual(replies()[0]?.result);
      const other = await client.call('POST', '/court/v1/cases', judgmentOf('other'), headers);
      expect(other.status).toBe(422);
    });

    it('because identity is away wait for it, and are answered once', async () => {
      const { identity } = system.services;
      await identity.kill('SIGKILL');
      await probe.send({ ...order('patient'), partition: 4 });
      await probe.send({ ...order('elsewhere', { ce_type: 'no' }), partition: 5 });
      // What needs nobody is answered meanwhile, in another partition.
      await probe.replyTo('elsewhere');
      expect(probe.replies.filter(({ order: { id } }) => id === 'patient')).toEqual([]);
      await identity.start();
      expect(await probe.replyTo('patient')).toMatchObject({ status: 201 });
    });

    it('that a killed court had taken are answered by the next, recorded once', async () => {
      const { court } = system.services;
      const before = await size();
      const ids = Array.from({ length: 200 }, (_, index) => `killed-${index}`);
      const places = await Promise.all(
        ids.map((id, index) => probe.send({ ...order(id), partition: index % 8 })),
      );
      await probe.replyTo('killed-0');
      await court.kill('SIGKILL');
      await court.start();
      for (const id of ids) expect(await probe.replyTo(id)).toMatchObject({ status: 201 });
      expect(await size()).toBe(before + ids.length);
      // Answered again, perhaps, but under the same id and with the same words.
      for (const [index, id] of ids.entries()) {
        const replies = probe.replies.filter(({ order: { id: of } }) => of === id);
        expect(new Set(replies.map(({ ce_id }) => ce_id))).toEqual(new Set([places[index]]));
        expect(new Set(replies.map(({ result }) => JSON.stringify(result))).size).toBe(1);
      }
    });
  });
} else {
  it('orders over Kafka need a broker: their tests run on the stack alone', () =>
    expect(SYSTEM).toBe('standalone'));
}
