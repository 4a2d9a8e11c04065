import assert from 'node:assert/strict';
import { bucketOf, type Fact, type NewFact } from '@writ/contracts';
import { handle, record, refuse, type StreamWrite } from '@writ/decider';
import { assertDense, assertVerifies, tail } from './ledger-assertions.fixture.js';
import { canonicalText } from './canonical.js';
import { leafHash } from './leaf.js';
import { LedgerInputError } from './ledger-error.js';
import type { LedgerUnderTest } from './ledger.contract.js';
import type { FactCommand, FactOutcome } from './ledger.js';
import {
  sampleCommand,
  sampleCommandOf,
  sampleFact,
  sampleReferenceFact,
} from './sample-facts.fixture.js';

// What each line of the contract checks; each decisive assertion says what is wrong.

const recorded = (outcome: FactOutcome) => {
  assert.equal(outcome.outcome, 'recorded');
  assert('events' in outcome);
  return outcome.events;
};

const WRITERS = 64;
const STREAMS = 1_000;
const COMMANDS_EACH = 40;

export async function manyWritersBesideAReader({ writer, reader }: LedgerUnderTest): Promise<void> {
  const acknowledged: number[] = [];
  let conflicts = 0;
  let end: number | undefined;
  const tailing = tail(reader, () => end);
  // Should a writer fail first, this one's failure is no news.
  tailing.catch(() => undefined);
  const write = async (name: number) => {
    for (let n = 0; n < COMMANDS_EACH; n++) {
      // Two by two they go through the same streams: appends conflict and are tried again.
      const stream = `case-${((name >> 1) * 7 + n * 31) % STREAMS}`;
      for (let attempt = 0; ; attempt++) {
        const { version } = await writer.readStream(stream);
        const command = sampleCommand(`${name}/${n}/${attempt}`, stream, version, 1 + (n % 2));
        const outcome = await writer.append(command);
        if (outcome.outcome === 'conflict') {
          conflicts++;
          continue;
        }
        const events = recorded(outcome);
        acknowledged.push(...events.map(({ position }) => position));
        const versions = events.map((event) => event.version);
        assert.deepEqual(versions.slice(0, 1), [version + 1], 'a version between was skipped');
        break;
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: WRITERS }, (_, name) => write(name)));
  } finally {
    end = (await reader.head()).size;
  }
  assertDense(await tailing, acknowledged);
  assert.equal(end, (WRITERS * COMMANDS_EACH * 3) / 2);
  assert(conflicts > 0, 'no append conflicted');
  // And one that cannot but conflict, however the above fell out.
  const stale = await writer.readStream('case-0');
  recorded(await writer.append(sampleCommand('first', 'case-0', stale.version)));
  const late = await writer.append(sampleCommand('late', 'case-0', stale.version));
  assert.equal(late.outcome, 'conflict', 'a stale version was recorded');
  await assertVerifies(reader);
}

export async function sameCommandAgain({ writer, reader }: LedgerUnderTest): Promise<void> {
  const command = sampleCommand('key', 'case-1', 0, 2);
  const together = await Promise.all(Array.from({ length: 50 }, () => writer.append(command)));
  together.push(await writer.append(command));
  const bulk = await writer.appendBulk([command]);
  const answers = [...together, ...bulk].map((outcome) =>
    'events' in outcome ? outcome.events.map(({ canonical }) => canonical) : outcome,
  );
  for (const answer of answers) {
    assert.deepEqual(answer, answers[0], 'two answers to one command');
  }
  assert.equal(bulk[0]?.outcome, 'known');
  assert.equal((await reader.head()).size, 2);
  const found = await writer.findKey('key');
  assert.equal(found?.fingerprint, command.fingerprint);
  assert.equal(found.events.length, 2);
  assert.equal(await writer.findKey('another'), undefined);
}

export async function keyWithAnotherBody({ writer, reader }: LedgerUnderTest): Promise<void> {
  const command = sampleCommand('key', 'case-1', 0);
  const other = { ...sampleCommand('key', 'case-2', 0), fingerprint: 'another-body' };
  const [first, second] = await Promise.all([writer.append(command), writer.append(other)]);
  recorded(first);
  const refused = { outcome: 'refused', reason: 'key_reused_with_another_body' };
  assert.deepEqual(second, refused, 'another body was taken for a retry');
  assert.deepEqual(await writer.append(other), refused);
  assert.deepEqual(await writer.appendBulk([other]), [refused]);
  assert.equal((await reader.head()).size, 1);
}

export async function keyBeforeVersion({ writer }: LedgerUnderTest): Promise<void> {
  const command = sampleCommand('key', 'case-1', 0);
  recorded(await writer.append(command));
  recorded(await writer.append(sampleCommand('next', 'case-1', 1)));
  assert.equal((await writer.append(command)).outcome, 'known', 'a retry was not known');
}

export async function movedOnIsAConflict({ writer, reader }: LedgerUnderTest): Promise<void> {
  recorded(await writer.append(sampleCommand('a', 'case-1', 0, 2)));
  for (const version of [0, 1, 3]) {
    const outcome = await writer.append(sampleCommand(`stale-${version}`, 'case-1', version));
    const conflict = { outcome: 'conflict', stream: 'case-1' };
    assert.deepEqual(outcome, conflict, 'a stale version was recorded');
  }
  const stale = { stream: 'case-1', version: 1 };
  const readOnly = {
    ...sampleCommand('read', 'case-2', 0),
    expect: [{ stream: 'case-2', version: 0 }, stale],
  };
  assert.deepEqual(await writer.append(readOnly), { outcome: 'conflict', stream: 'case-1' });
  const unheard = { stream: 'case-3', version: 4 };
  const ahead = { ...readOnly, key: 'ahead', expect: [{ stream: 'case-2', version: 0 }, unheard] };
  assert.deepEqual(await writer.append(ahead), { outcome: 'conflict', stream: 'case-3' });
  assert.equal((await reader.head()).size, 2);
  // Several at once: the first of each stream is recorded, the others conflict.
  const rivals = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      writer.append(sampleCommand(`rival-${n}`, `case-${n % 4}0`, 0)),
    ),
  );
  assert.equal(rivals.filter(({ outcome }) => outcome === 'recorded').length, 4);
  assert.equal(rivals.filter(({ outcome }) => outcome === 'conflict').length, 16);
  await assertVerifies(reader);
}

export async function writeSkew({ writer, reader }: LedgerUnderTest): Promise<void> {
  const rounds = Array.from({ length: 40 }, async (_, n) => {
    const owed = `case-${n}`;
    const listing = `listing-${n}-1`;
    const on = (stream: string): StreamWrite<NewFact> => ({ stream, event: sampleFact(n) });
    const decide = (own: string, forbidding: string) =>
      handle<{ version: number }, NewFact, 'forbidden'>(
        writer,
        { key: own, fingerprint: 'body' },
        async (read) => {
          const [mine, other] = [await read(own), await read(forbidding)];
          return mine.length + other.length > 0 ? refuse('forbidden') : record(on(own));
        },
        { jitter: async () => undefined },
      );
    const [paid, listed] = await Promise.all([decide(owed, listing), decide(listing, owed)]);
    const kinds = [paid.kind, listed.kind].sort();
    assert.deepEqual(kinds, ['recorded', 'refused'], 'both were recorded');
  });
  await Promise.all(rounds);
  assert.equal((await reader.head()).size, 40);
}

export async function poisonousCommand({ writer, reader }: LedgerUnderTest): Promise<void> {
  const poison: [string, FactCommand][] = [
    ['fact_does_not_fit_its_schema', sampleCommandOf({ authority: 'NOT A CODE' })],
    ['fact_type_is_unknown', sampleCommandOf({ type: 'court.made-up.v1' })],
    ['fact_is_of_another_ledger', sampleCommandOf({ type: 'enforcement.measures-decided.v1' })],
    ['command_writes_nothing', { ...sampleCommand('nothing', 'case-1', 0), write: [] }],
    ['stream_is_written_but_not_expected', { ...sampleCommand('x', 'case-1', 0), expect: [] }],
    ['stream_name_is_malformed', sampleCommand('name', 'Not A Stream', 0)],
  ];
  const good = Array.from({ length: 60 }, (_, n) => sampleCommand(`good-${n}`, `case-${n}`, 0));
  const mixed = good.flatMap((command, n) => {
    const [, culprit] = poison[n] ?? [];
    return culprit ? [command, culprit] : [command];
  });
  const settled = await Promise.allSettled(mixed.map((command) => writer.append(command)));
  const reasons: string[] = [];
  for (const [n, result] of settled.entries()) {
    if (mixed[n]?.key.startsWith('good')) {
      assert.equal(result.status, 'fulfilled', 'a good command failed');
      recorded(result.value);
    } else {
      assert.equal(result.status, 'rejected');
      assert(result.reason instanceof LedgerInputError);
      reasons.push(result.reason.reason);
    }
  }
  assert.deepEqual(
    reasons,
    poison.map(([reason]) => reason),
  );
  assert.equal((await reader.head()).size, good.length);
}

export async function allOrNone({ writer, reader }: LedgerUnderTest): Promise<void> {
  recorded(await writer.append(sampleCommand('a', 'case-1', 0)));
  const half: FactCommand = {
    key: 'half',
    fingerprint: 'the-body',
    expect: [
      { stream: 'case-2', version: 0 },
      { stream: 'case-1', version: 0 },
    ],
    write: [
      { stream: 'case-2', event: sampleFact(2) },
      { stream: 'case-1', event: sampleFact(3) },
    ],
  };
  assert.equal((await writer.append(half)).outcome, 'conflict', 'half a command is recorded');
  const { version } = await reader.readStream('case-2');
  assert.equal(version, 0, 'half a command is recorded');
  const whole = { ...half, expect: [half.expect[0]!, { stream: 'case-1', version: 1 }] };
  const events = recorded(await writer.append({ ...whole, key: 'whole' }));
  assert.deepEqual(
    events.map(({ position, stream, version }) => [position, stream, version]),
    [
      [1, 'case-2', 1],
      [2, 'case-1', 2],
    ],
  );
}

export async function acknowledgedIsReadable({ writer, reader }: LedgerUnderTest): Promise<void> {
  const round = async (n: number) => {
    const events = recorded(await writer.append(sampleCommand(`key-${n}`, `case-${n}`, 0)));
    const [mine, theirs] = await Promise.all([
      writer.readStream(`case-${n}`),
      reader.readStream(`case-${n}`),
    ]);
    const leaves = events.map(({ leaf }) => leaf);
    for (const { events: there } of [mine, theirs]) {
      const found = there.map(({ leaf }) => leaf);
      assert.deepEqual(found, leaves, 'acknowledged and not there');
    }
  };
  await Promise.all(Array.from({ length: 100 }, (_, n) => round(n)));
}

export async function envelopes({ writer, reader }: LedgerUnderTest): Promise<void> {
  const difficult = sampleReferenceFact(9);
  const data = { ...(difficult.data as object), case: sampleFact(9).subject };
  const facts = [{ ...difficult, data }, sampleFact(1, { occurredAt: '2026-03-01T10:00:00Z' })];
  for (const [n, event] of facts.entries()) {
    const stream = `case-${n}`;
    const sample = sampleCommand(`key-${n}`, stream, 0);
    const [answer] = recorded(await writer.append({ ...sample, write: [{ stream, event }] }));
    const [read] = (await reader.readStream(stream)).events;
    const [delivered] = (await reader.readFrom(n - 1, 1)).facts;
    assert(answer && read && delivered);
    for (const { canonical } of [answer, read, delivered]) {
      const fact = JSON.parse(canonical) as Record<string, unknown>;
      assert.equal(canonicalText(fact), canonical, 'not the text that was hashed');
      const added = { leafVersion: 1, ledger: 'court', epoch: 1, position: n, stream, version: 1 };
      const { recordedAt, authoritySeq }: Fact = answer.fact;
      assert.deepEqual(fact, { ...event, ...added, recordedAt, authoritySeq });
      assert.equal(leafHash(canonical), answer.leaf);
    }
    assert.equal(read.leaf, answer.leaf);
    assert.equal(delivered.bucket, bucketOf(event.subject));
    assert.equal(delivered.type, event.type);
    assert.equal(delivered.subject, event.subject);
  }
  const [again] = recorded(
    await writer.append({
      ...sampleCommand('again', 'case-1', 1),
      write: [{ stream: 'case-1', event: facts[1]! }],
    }),
  );
  assert.equal(again?.fact.authoritySeq, 2);
  await assertVerifies(reader);
}

export async function bucketsAreChained({ writer, reader }: LedgerUnderTest): Promise<void> {
  const commands = Array.from({ length: 300 }, (_, n) => sampleCommand(`k${n}`, `case-${n}`, 0, 2));
  await Promise.all(commands.map((command) => writer.append(command)));
  const { facts, head } = await reader.readFrom(-1, 1_000);
  const last = Array<number>(33).fill(-1);
  for (const { position, bucket, prev } of facts) {
    assert.equal(prev, last[bucket], 'prev is not the fact before in its bucket');
    last[bucket] = position;
  }
  assert.deepEqual(head.bucketLast, last);
  assert.equal(head.size, facts.length);
  assert.equal((await reader.readFrom(599, 10)).facts.length, 0);
  await assertVerifies(reader);
}

export async function bulkAppend({ writer, reader }: LedgerUnderTest): Promise<void> {
  recorded(await writer.append(sampleCommand('known', 'case-1', 0)));
  const commands = Array.from({ length: 5_000 }, (_, n) =>
    sampleCommand(`bulk-${n}`, `case-b${n}`, 0),
  );
  commands.push(
    sampleCommand('known', 'case-1', 0),
    sampleCommand('stale', 'case-1', 0),
    sampleCommand('three', 'case-1', 1, 3),
    sampleCommand('bulk-7', 'case-b7', 0),
    { ...sampleCommand('bulk-8', 'case-b8', 0), fingerprint: 'another-body' },
  );
  // Other callers take their turn between the chunks.
  const [bulk, single] = await Promise.all([
    writer.appendBulk(commands),
    writer.append(sampleCommand('single', 'case-s', 0)),
  ]);
  recorded(single);
  const outcomes = bulk.map(({ outcome }) => outcome);
  assert(outcomes.slice(0, 5_000).every((outcome) => outcome === 'recorded'));
  const last = ['known', 'conflict', 'recorded', 'known', 'refused'];
  assert.deepEqual(outcomes.slice(5_000), last, 'a retry in bulk was not known');
  const [again] = await writer.appendBulk(commands.slice(0, 100));
  assert.equal(again?.outcome, 'known');
  assert.equal((await reader.head()).size, 5_005);
  recorded(await writer.append(sampleCommand('after', 'case-1', 4)));
  await assertVerifies(reader);
}

export async function growthAndTime({ writer, reader }: LedgerUnderTest): Promise<void> {
  assert.equal((await reader.head()).recordedAt, null);
  assert.equal(await reader.positionAt('2100-01-01T00:00:00Z'), -1);
  const asked = performance.now();
  const waiting = reader.grownBeyond(0, 5_000);
  const [first] = recorded(await writer.append(sampleCommand('a', 'case-1', 0)));
  await waiting;
  assert(performance.now() - asked < 4_500, 'not woken');
  await reader.grownBeyond(0, 60_000);
  await reader.grownBeyond(1, 1);
  assert(first);
  const before = new Date(Date.parse(first.recordedAt) - 1).toISOString();
  assert.equal(await reader.positionAt(first.recordedAt), 0);
  assert.equal(await reader.positionAt(before), -1);
  assert.equal((await reader.head()).recordedAt, first.recordedAt);
}
