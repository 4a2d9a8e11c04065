import { afterEach, describe, expect, it } from '@jest/globals';
import { LEDGER_CONTRACT, type LedgerUnderTest } from './ledger.contract.js';
import { openMemoryLedger } from './memory-ledger.process.js';
import { openTestLedger, systemClock, type TestLedger } from './test-ledger.fixture.js';

const opened: TestLedger[] = [];

const ledgers: Record<string, () => Promise<LedgerUnderTest>> = {
  'in memory': async () => openMemoryLedger({ ledger: 'court', clock: systemClock }),
  'on Postgres': async () => {
    const ledger = await openTestLedger();
    opened.push(ledger);
    return ledger;
  },
};

describe.each(Object.entries(ledgers))('the ledger %s', (_, open) => {
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((ledger) => ledger.close()));
  });

  describe.each(LEDGER_CONTRACT.map((line) => [line.name, line] as const))('%s', (_name, line) => {
    it('holds', async () => line.check(await open()));

    const faults = Object.entries(line.broken).map(([name, fault]) => [name, ...fault] as const);
    it.each(faults)('catches: %s', async (_fault, breakIt, caught) => {
      const ledger = breakIt(await open());
      await expect(line.check(ledger)).rejects.toThrow(caught);
    });
  });
});
