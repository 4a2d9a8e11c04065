import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AliasesPage, ListCounts, RecordResponse, StatusResponse } from '@writ/contracts';
import type { IdentityClient } from '@writ/service-host';
import { testHost, type TestHost } from '@writ/service-host/test-host';
import { fixedClock } from '@writ/testkit';
import type { ProjectionConsumer } from '../projection.consumer.js';
import { ProjectionModule, projectionService } from '../index.js';
import {
  AIR,
  FEED_LIST,
  idOf,
  listDeclared,
  listingEnded,
  listingTakenIn,
  measuresDecided,
  memorandum,
  subjectListed,
} from '../testing/made-up-facts.js';
import { MadeUpLedgers } from '../testing/made-up-ledgers.js';
import { recordedAt } from './recorded-at.postgres.js';

/** What was known: an answer's own position, and positions and times that are still to come. */
const clock = fixedClock();
let test: TestHost;
let consumer: ProjectionConsumer;
let ledgers: MadeUpLedgers;
let subjects = 0;

const identity = {
  aliases: (after: number): Promise<AliasesPage> =>
    Promise.resolve({ changes: [], next: after, last: after, at: clock.now().toISOString() }),
} as unknown as IdentityClient;

beforeAll(async () => {
  const definition = {
    ...projectionService,
    module: (host: Parameters<typeof projectionService.module>[0]) =>
      ProjectionModule.register({
        ...host,
        consume: (given) => void (consumer = given as ProjectionConsumer),
        // Aliases are not asked by here; a poll that answers at once would never rest.
        onReady: () => {},
        onStop: () => {},
      }),
  };
  test = await testHost(definition, { identity, clock });
  ledgers = new MadeUpLedgers(() => clock.now());
  ledgers.record(listDeclared(FEED_LIST));
  ledgers.record(memorandum(1, [AIR], FEED_LIST));
  await ledgers.deliver(consumer);
  await test.host.pools.writer.query('UPDATE projection.alias_place SET current_to = now()');
});
afterAll(() => test?.stop());
beforeEach(() => {
  subjects++;
  clock.advance(1_000);
});

const subjectId = () => idOf('subject', subjects);
const entryId = () => idOf('entry', subjects);

async function call<T>(method: 'GET' | 'POST', path: string, payload?: object) {
  const url = `/projection/v1/${path}`;
  const answer = await test.app.inject({ method, url, ...(payload ? { payload } : {}) });
  return { ...(answer.json() as T & { type?: string }), statusCode: answer.statusCode };
}

const ask = (subject = subjectId()) =>
  call<StatusResponse>('POST', 'status', {
    subjects: [{ subject, measures: [AIR] }],
    purpose: 'boarding',
    maxAge: 31_536_000,
  });
const record = (more: object = {}, subject = subjectId()) =>
  call<RecordResponse>('POST', 'record', { subject, purpose: 'audit', measures: [AIR], ...more });
const counts = (query: string) => call<ListCounts>('GET', `lists/${FEED_LIST}?${query}`);

/** An entry taken in and decided upon. @returns both facts */
function entered(subject = subjectId(), entry = entryId()) {
  const listing = ledgers.record(listingTakenIn(subject, entry, clock.now().toISOString()));
  const basedOn = { cause: listing.position, reference: 1 };
  const cause = { ledger: 'regulatory' as const, id: entry };
  return [listing, ledgers.record(measuresDecided(subject, cause, basedOn))] as const;
}

const answerOf = ({ answers }: { answers: { measures?: { answer: string }[] }[] }) =>
  answers[0]?.measures?.[0]?.answer;

describe('the position of an answer', () => {
  it('says again what was said: the listing counts though lists stand further back', async () => {
    const facts = entered();
    // As over Kafka: facts of one bucket, no watermark of any other yet.
    await ledgers.deliverFacts(consumer, facts);
    const told = await ask();
    expect(answerOf(told)).toBe('RESTRICTED');
    const { position } = told.answers[0]!;
    expect(position.regulatory).toBe(facts[0].position);
    expect(position['regulatory.reference']).toBeLessThan(facts[0].position);
    const again = await record({ knownAt: position });
    expect(again).toMatchObject({ answers: [{ answer: 'RESTRICTED' }], position });
    await ledgers.deliver(consumer);
    expect((await record({ knownAt: position })).answers).toEqual(again.answers);
    const text = Object.entries(position).map(([key, at]) => `${key}:${at}`);
    expect(await counts(`knownAt=${text.join(',')}`)).toMatchObject({ position });
  });
});

describe('known at a position', () => {
  const notReached = { statusCode: 503, type: 'urn:writ:problem:position-not-reached' };

  it('that is not folded yet is waited for, in time or not at all; never answered older', async () => {
    const [listing] = entered();
    const knownAt = { regulatory: listing.position };
    expect(await record({ knownAt, timeout: 30 })).toMatchObject(notReached);
    const text = `knownAt=regulatory:${listing.position}`;
    expect(await counts(`${text}&timeout=30`)).toMatchObject(notReached);
    const waiting = [record({ knownAt }), counts(text)] as const;
    await ledgers.deliver(consumer);
    const [kept, counted] = await Promise.all(waiting);
    expect(kept.causes).toMatchObject([{ cause: entryId() }]);
    expect(counted.position.regulatory).toBe(listing.position);
  });

  it.each([['court'], ['enforcement'], ['regulatory.reference']])(
    'waits for %s as for any other',
    async (key) =>
      expect(await record({ knownAt: { [key]: 1_000_000 }, timeout: 20 })).toMatchObject(
        notReached,
      ),
  );

  it('the ledgers left out stand where they stood, by lists and memoranda too', async () => {
    entered();
    await ledgers.deliver(consumer);
    const before = ledgers.facts.enforcement.length - 1;
    clock.advance(1_000);
    const declared = ledgers.record(listDeclared('zz.later'));
    clock.advance(1_000);
    entered(subjectId(), idOf('entry-again', subjects));
    await ledgers.deliver(consumer);
    const { position } = await record({ knownAt: { 'regulatory.reference': declared.position } });
    expect(position).toMatchObject({ enforcement: before, regulatory: declared.position });
    const named = await record({ knownAt: { regulatory: declared.position } });
    expect(named.position).toEqual(position);
  });

  it('before anything was recorded nothing was known, of no ledger', async () => {
    const { position } = await record({ knownAt: { court: -1 } });
    const nothing = { court: -1, regulatory: -1, enforcement: -1, 'regulatory.reference': -1 };
    expect(position).toEqual(nothing);
  });
});

describe('known at a time', () => {
  const old = { reason: 'regulatory_is_not_current' };

  it('that what is read does not reach yet is undetermined once it is too old', async () => {
    entered();
    await ledgers.deliver(consumer);
    const reached = clock.now().toISOString();
    clock.advance(61_000);
    const later = clock.now().toISOString();
    const undetermined = expect.arrayContaining([expect.objectContaining(old)]);
    expect((await record({ knownAt: later })).answers).toMatchObject([
      { answer: 'UNDETERMINED', undetermined },
    ]);
    expect(await counts(`knownAt=${later}`)).toMatchObject({ undetermined });
    const known = await record({ knownAt: reached });
    expect(JSON.stringify(known.answers)).not.toContain(old.reason);
    expect(await counts(`knownAt=${reached}`)).not.toHaveProperty('undetermined');
    await ledgers.deliver(consumer);
    expect(await counts(`knownAt=${later}`)).not.toHaveProperty('undetermined');
  });
});

describe('the time of a position', () => {
  it('is that of the newest fact at or before it, wherever it lies', async () => {
    for (let number = 0; number < 40; number++) {
      // Some share a moment, as a batch does; some lie years apart.
      if (number % 4 === 0) clock.advance(number % 3 === 0 ? 50_000_000_000 : number);
      ledgers.record(subjectListed(idOf('timed', number), `${idOf('timed', number)}-1`));
    }
    await ledgers.deliver(consumer);
    const facts = ledgers.facts.court.map(
      ({ canonical }) => (JSON.parse(canonical) as { recordedAt: string }).recordedAt,
    );
    const told: (string | undefined)[] = [];
    for (let court = 0; court < facts.length; court++) {
      told.push(await recordedAt(test.host.pools.reader, 'a', { court }));
    }
    expect(told).toEqual(facts.map((at) => at.replace('Z', '000Z')));
    expect(await recordedAt(test.host.pools.reader, 'a', { court: -1 })).toBeUndefined();
  });
});

describe('a subject set aside', () => {
  it('shows beside a list’s entries as beside its counts', async () => {
    clock.advance(1_000);
    expect(await counts('')).not.toHaveProperty('undetermined');
    ledgers.record(listingEnded(subjectId(), idOf('never', subjects), clock.now().toISOString()));
    await ledgers.deliver(consumer);
    const undetermined = [{ reason: 'subject_is_quarantined', mustAct: 'projection' }];
    expect(await counts('')).toMatchObject({ undetermined, quarantined: 1 });
    expect(await call('GET', `lists/${FEED_LIST}/entries`)).toMatchObject({ undetermined });
    const before = ledgers.facts.regulatory.length - 2;
    expect(await counts(`knownAt=regulatory:${before}`)).not.toHaveProperty('undetermined');
  });
});
