import { describe, expect, it } from '@jest/globals';
import { openMemoryLedger, type LedgerWriter } from '@writ/ledger';
import { fixedClock } from '@writ/testkit';
import {
  factsOf,
  fixture,
  ignoreDeath,
  importer,
  keysInMemory,
  mortalImport,
  testImport,
  vesland,
} from './feed.fixture.js';
import { underKey } from '@writ/service-host';
import { importFeed } from './import-feed.process.js';

const JANUARY = 'liste_15.01.2026.csv';

/** A ledger on which another writer takes one entry's stream just before the import comes. */
function contested() {
  const twin = openMemoryLedger({ ledger: 'regulatory', clock: fixedClock() });
  const conflict = (stream: string) => ({ outcome: 'conflict' as const, stream });
  const rows = { contested: 1 };
  const ledger: LedgerWriter = {
    ...twin.writer,
    appendBulk: async (commands) => {
      const victim = commands[rows.contested];
      const others = commands.filter((command) => command !== victim);
      const outcomes = await twin.writer.appendBulk(others);
      if (!victim) return outcomes;
      return outcomes.toSpliced(rows.contested, 0, conflict(victim.expect[0]?.stream ?? ''));
    },
  };
  return { ledger, reader: twin.reader, rows };
}

describe('a row that another writer came before', () => {
  it('fails alone, and the snapshot is not closed over the gap', async () => {
    const { ledger, reader, rows } = contested();
    const { run } = testImport({ ledger, reader });
    const bytes = fixture(`vesland/${JANUARY}`);
    await expect(run(vesland(), JANUARY, bytes)).rejects.toMatchObject({
      status: 409,
      reason: 'feed_has_moved_meanwhile',
    });
    const types = (await factsOf(reader)).map(({ type }) => type);
    expect(types).not.toContain('regulatory.snapshot-taken-in.v1');
    rows.contested = Infinity;
    const answer = await run(vesland(), JANUARY, bytes);
    expect(answer.snapshots).toMatchObject([{ outcome: 'taken-in', active: 4 }]);
    expect(answer.recorded).toBe(2);
  });

  it('leaves nothing to plan from that the ledger does not have', async () => {
    const { ledger, reader, rows } = contested();
    const { run, services } = testImport({ ledger, reader });
    await run(vesland(), JANUARY, fixture(`vesland/${JANUARY}`)).catch(() => undefined);
    expect(await services.memory.unsettled('vl.handel.avstengt')).toBeUndefined();
    const known = await services.memory.entries('vl.handel.avstengt');
    expect(known.size).toBe(3);
    rows.contested = Infinity;
  });
});

describe('an import under an idempotency key', () => {
  const january = {
    feed: vesland(),
    file: { name: JANUARY, bytes: fixture(`vesland/${JANUARY}`) },
  };
  const other = { ...january, feed: { ...vesland(), list: 'vl.handel.annen' } };
  const underOne = ({ services }: Pick<ReturnType<typeof testImport>, 'services'>) => {
    const keys = keysInMemory();
    return (request: typeof january, fingerprint: string) =>
      underKey(keys, { key: 'one', fingerprint }, () => importFeed(services, request, importer));
  };

  it('has it for itself from the start: another body at the same time is refused', async () => {
    const { services, reader } = testImport();
    const once = underOne({ services });
    const [first, second] = await Promise.allSettled([
      once(january, 'january'),
      once(other, 'other'),
    ]);
    expect(first).toMatchObject({ status: 'fulfilled' });
    expect(second).toMatchObject({ reason: { reason: 'key_reused_with_another_body' } });
    const lists = (await factsOf(reader)).map(({ data }) => data['list']);
    expect(new Set(lists)).toEqual(new Set(['vl.handel.avstengt']));
  });

  it('gives the first answer again', async () => {
    const once = underOne(testImport());
    const answer = await once(january, 'january');
    expect(await once(january, 'january')).toEqual(answer);
    expect(answer.recorded).toBeGreaterThan(0);
  });

  it('goes on under it when it was killed', async () => {
    const { killed, mortal } = mortalImport();
    mortal.diesAfter = 2;
    const once = underOne(killed);
    await once(january, 'january').catch(ignoreDeath);
    mortal.diesAfter = Infinity;
    await expect(once(other, 'other')).rejects.toMatchObject({ status: 422 });
    const { snapshots } = await once(january, 'january');
    expect(snapshots).toMatchObject([{ outcome: 'taken-in', active: 4 }]);
  });

  it('leaves it free when it was refused', async () => {
    const once = underOne(testImport());
    const empty = { ...january, file: { ...january.file, bytes: Buffer.alloc(0) } };
    await expect(once(empty, 'empty')).rejects.toMatchObject({ reason: 'file_is_empty' });
    expect((await once(january, 'january')).snapshots).toHaveLength(1);
  });
});
