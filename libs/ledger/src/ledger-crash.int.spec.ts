import assert from 'node:assert/strict';
import { afterEach, describe, expect, it } from '@jest/globals';
import { seededRandom } from '@writ/testkit';
import { readerStepsOver } from './broken-ledgers.fixture.js';
import { LedgerChild, type ChildCommand, type ChildMode } from './child.fixture.js';
import { assertDense, assertVerifies, tail } from './ledger-assertions.fixture.js';
import type { LedgerReader } from './ledger.js';
import { sampleId } from './sample-facts.fixture.js';
import { openTestLedger, type TestLedger } from './test-ledger.fixture.js';

const KILLS = Number(process.env['WRIT_KILLS'] ?? 200);
const LANES = 2;
const EVENTS_PER_COMMAND = 2;
/** Given to each process: more than it is left alive for. */
const COMMANDS_EACH = 300;

let ledger: TestLedger;
afterEach(() => ledger.close());

function startChild(mode: ChildMode): LedgerChild {
  const child = new LedgerChild(ledger.database.writer, mode);
  ledger.closeFirst(() => child.kill());
  return child;
}

/** The two lanes share streams, so that the processes get in each other's way. */
function commandsOfLane(lane: number, count: number, from = 0): ChildCommand[] {
  return Array.from({ length: count }, (_, n) => ({
    number: (from + n) * LANES + lane,
    stream: `case-${(from + n) % 700}`,
  }));
}

/** One process after the other appends what is not yet acknowledged; each is killed meanwhile. */
async function killLane(mode: ChildMode, lane: number, kills: number) {
  const random = seededRandom(20_260_302 + lane);
  const open = new Map<number, ChildCommand>();
  let made = 0;
  const acknowledged = new Map<number, string[] | undefined>();
  const take = (child: LedgerChild) => {
    for (const [number, leaves] of child.acknowledged()) {
      acknowledged.set(number, leaves);
      open.delete(number);
    }
  };
  let killed = 0;
  let next = startChild(mode);
  while (killed < kills) {
    const child = next;
    // The next one starts while this one works.
    next = startChild(mode);
    await child.until((said) => said.length > 0);
    const fresh = commandsOfLane(lane, COMMANDS_EACH - open.size, made);
    made += fresh.length;
    for (const command of fresh) open.set(command.number, command);
    child.append([...open.values()]);
    const some = 1 + Math.floor(random() * 60);
    await child.until((said) => said.length > some);
    if (!child.done) killed++;
    await child.kill();
    take(child);
  }
  await next.until((said) => said.length > 0);
  next.append([...open.values()]);
  await next.until((said) => said.some(({ done }) => done));
  take(next);
  await next.kill();
  return { acknowledged, left: open.size };
}

/** Every acknowledged command once, whole, dense; @returns what the ledger holds */
async function assertEachOnce(acknowledged: Map<number, string[] | undefined>): Promise<void> {
  const { facts, head } = await ledger.reader.readFrom(-1, 1_000_000);
  assert.equal(facts.length, head.size);
  const times = new Map<string, number>();
  const leaves = new Map<string, number>();
  for (const { canonical, position } of facts) {
    const notice = (JSON.parse(canonical) as { data: { notice: string } }).data.notice;
    times.set(notice, (times.get(notice) ?? 0) + 1);
    leaves.set(notice, position);
  }
  for (const number of acknowledged.keys()) {
    for (let n = 0; n < EVENTS_PER_COMMAND; n++) {
      const notice = sampleId(number * EVENTS_PER_COMMAND + n);
      assert.equal(times.get(notice), 1, `command ${number} is not recorded exactly once`);
    }
    const first = leaves.get(sampleId(number * EVENTS_PER_COMMAND));
    const second = leaves.get(sampleId(number * EVENTS_PER_COMMAND + 1));
    assert.equal(second, (first ?? NaN) + 1, 'a command is not together');
  }
  assert.equal(facts.length % EVENTS_PER_COMMAND, 0, 'half a command is recorded');
}

async function survivesKills(mode: ChildMode, kills: number): Promise<void> {
  const lanes = Array.from({ length: LANES }, (_, lane) => killLane(mode, lane, kills / LANES));
  const results = await Promise.all(lanes);
  const acknowledged = new Map(results.flatMap((lane) => [...lane.acknowledged]));
  await assertEachOnce(acknowledged);
  assert.equal(results.reduce((sum, { left }) => sum + left, 0), 0); // prettier-ignore
  await assertVerifies(ledger.reader);
}

describe('SIGKILL in the middle of appends', () => {
  it(`${KILLS} times: every acknowledged command once, none half, dense`, async () => {
    ledger = await openTestLedger();
    await survivesKills('sound', KILLS);
  }, 900_000);

  it.each([
    ['acknowledges-before-commit', /not recorded exactly once/],
    ['no-idempotency', /not recorded exactly once/],
    ['half-batches', /not together|half a command/],
  ] as const)('catches: %s', async (mode, caught) => {
    ledger = await openTestLedger();
    await expect(survivesKills(mode, 12)).rejects.toThrow(caught);
  });
});

describe('two processes on one ledger', () => {
  const both = async (
    mode: ChildMode,
    of: (lane: number) => ChildCommand[],
    reader: LedgerReader = ledger.reader,
  ) => {
    const ended: { size?: number } = {};
    const tailing = tail(reader, () => ended.size);
    const children = [0, 1].map(() => startChild(mode));
    await Promise.all(children.map((child) => child.until((said) => said.length > 0)));
    children.forEach((child, lane) => child.append(of(lane)));
    await Promise.all(
      children.map((child) => child.until((said) => said.some(({ done }) => done))),
    );
    ended.size = (await ledger.reader.head()).size;
    const seen = await tailing;
    await Promise.all(children.map((child) => child.kill()));
    return { seen, answers: children.map((child) => child.acknowledged()) };
  };

  it('catches: a tailing reader that steps over a fact', async () => {
    ledger = await openTestLedger();
    const { reader } = readerStepsOver(ledger);
    const { seen } = await both('sound', (lane) => commandsOfLane(lane, 600), reader);
    expect(() => assertDense(seen, [])).toThrow('not dense');
  });

  it('are recorded once each, dense, beside a tailing reader', async () => {
    ledger = await openTestLedger();
    const { seen, answers } = await both('sound', (lane) => commandsOfLane(lane, 600));
    assertDense(seen, []);
    expect(seen).toHaveLength(2 * 600 * EVENTS_PER_COMMAND);
    await assertEachOnce(new Map(answers.flatMap((answer) => [...answer])));
    await assertVerifies(ledger.reader);
  });

  const sameKeys = async (mode: ChildMode) => {
    ledger = await openTestLedger();
    const { seen, answers } = await both(mode, () => commandsOfLane(0, 300));
    assertDense(seen, []);
    assert.equal(seen.length, 300 * EVENTS_PER_COMMAND, 'a command was recorded twice');
    assert.deepEqual(answers[0], answers[1], 'two answers to one command');
    await assertVerifies(ledger.reader);
  };

  it('with the same keys record each command once and give one answer', () => sameKeys('sound'));

  it('with the same keys: catches no idempotency', async () => {
    await expect(sameKeys('no-idempotency')).rejects.toThrow('recorded twice');
  });
});
