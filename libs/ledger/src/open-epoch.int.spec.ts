import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { assertVerifies } from './ledger-assertions.fixture.js';
import { sampleCommand } from './sample-facts.fixture.js';
import { openTestLedger, type TestLedger } from './test-ledger.fixture.js';

const script = join(import.meta.dirname, '../../../deploy/open-epoch.mjs');
const run = promisify(execFile);

let ledger: TestLedger;
beforeEach(async () => {
  ledger = await openTestLedger();
});
afterEach(() => ledger.close());

const open = (args: string[], url = ledger.database.owner, setting = 'WRIT_COURT_DB_OWNER') =>
  run(process.execPath, [script, ...args], { env: { PATH: process.env['PATH'], [setting]: url } });

describe('deploy/open-epoch.mjs', () => {
  it('opens the next epoch; running writers go on in it', async () => {
    await ledger.writer.append(sampleCommand('before', 'case-1', 0));
    const { stdout } = await open(['court', '--reason', "restored from last night's backup"]);
    expect(JSON.parse(stdout)).toEqual({ ledger: 'court', epoch: 2, fromPosition: 1 });
    const after = await ledger.writer.append(sampleCommand('after', 'case-1', 1));
    expect(after).toMatchObject({ outcome: 'recorded', events: [{ epoch: 2, position: 1 }] });
    await assertVerifies(ledger.reader);
  });

  it.each([
    ['no reason', ['court'], undefined, '--reason is required'],
    ['an unknown ledger', ['projection', '--reason', 'x'], undefined, 'usage'],
    ['another ledger', ['regulatory', '--reason', 'x'], 'WRIT_REGULATORY_DB_OWNER', 'ledger court'],
    ['no owner', ['court', '--reason', 'x'], 'WRIT_OTHER_DB_OWNER', 'WRIT_COURT_DB_OWNER'],
  ])('refuses %s and opens nothing', async (_, args, setting, why) => {
    const refused = open(args, ledger.database.owner, setting);
    await expect(refused).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining(why) });
    expect((await ledger.reader.head()).epoch).toBe(1);
  });

  it('is refused to the writer role', async () => {
    const refused = open(['court', '--reason', 'x'], ledger.database.writer);
    await expect(refused).rejects.toThrow(/permission denied/);
    expect((await ledger.reader.head()).epoch).toBe(1);
  });
});
