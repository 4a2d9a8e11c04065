import { describe, expect, it } from '@jest/globals';
import { openMemoryLedger, type LedgerWriter } from '@writ/ledger';
import { fixedClock } from '@writ/testkit';
import { factsOf, fixture, testImport, vesland } from './feed.fixture.js';

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
