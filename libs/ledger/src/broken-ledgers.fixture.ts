import { randomUUID } from 'node:crypto';
import { openMemoryLedger } from './memory-ledger.process.js';
import { systemClock } from './test-ledger.fixture.js';
import type { LedgerUnderTest } from './ledger.contract.js';
import type { FactCommand, FactOutcome, LedgerReader, LedgerWriter } from './ledger.js';

/**
 * Ledgers with one fault each, made of a sound one: every line of the contract must catch its own.
 */
type Break = (ledger: LedgerUnderTest) => LedgerUnderTest;

function withWriter(change: (sound: LedgerWriter) => Partial<LedgerWriter>): Break {
  return ({ writer, reader }) => ({ writer: { ...writer, ...change(writer) }, reader });
}

function withReader(change: (sound: LedgerReader) => Partial<LedgerReader>): Break {
  return ({ writer, reader }) => ({ writer, reader: { ...reader, ...change(reader) } });
}

function withCommand(change: (command: FactCommand) => FactCommand): Break {
  return withWriter((sound) => ({
    append: (command) => sound.append(change(command)),
    appendBulk: (commands) => sound.appendBulk(commands.map(change)),
  }));
}

export const noIdempotency = withCommand((command) => ({ ...command, key: randomUUID() }));

export const noFingerprint = withCommand((command) => ({ ...command, fingerprint: 'any' }));

export const oneExpectedVersion = withCommand((command) => ({
  ...command,
  expect: command.expect.filter(({ stream }) =>
    command.write.some((written) => written.stream === stream),
  ),
}));

/** Takes whatever version the streams have now. */
export const noStreamGuard = withWriter((sound) => ({
  async append(command) {
    for (;;) {
      const reads = command.expect.map(({ stream }) => sound.readStream(stream));
      const expect = (await Promise.all(reads)).map(({ stream, version }) => ({ stream, version }));
      const outcome = await sound.append({ ...command, expect });
      if (outcome.outcome !== 'conflict') return outcome;
    }
  },
}));

export const failsTogether = withWriter((sound) => {
  let failure: unknown;
  return {
    async append(command) {
      const outcome = await sound.append(command).catch((error: unknown) => {
        failure = error;
      });
      if (outcome === undefined || failure !== undefined) throw failure;
      return outcome;
    },
  };
});

/** All commands of a bulk append as one: what refuses one of them refuses all. */
export const failsTogetherInBulk = withWriter((sound) => ({
  async appendBulk(commands) {
    const [first] = commands;
    if (!first) return [];
    const expect = commands.flatMap((command) => command.expect);
    const write = commands.flatMap((command) => command.write);
    const outcome = await sound.append({ ...first, expect, write });
    return commands.map(() => outcome);
  },
}));

export const oneByOne = withWriter((sound) => ({
  async append(command) {
    let last: FactOutcome | undefined;
    for (const [n, written] of command.write.entries()) {
      const expect = command.expect.filter(({ stream }) => stream === written.stream);
      last = await sound.append({
        ...command,
        key: `${command.key}#${n}`,
        expect,
        write: [written],
      });
    }
    return last!;
  },
}));

/** Answers what will be recorded, leaf and all, and records it when nobody waits any more. */
export const acknowledgedBeforeCommit: Break = ({ writer, reader }) => {
  const believed = openMemoryLedger({ ledger: 'court', clock: systemClock }).writer;
  const append = async (command: FactCommand) => {
    const outcome = await believed.append(command);
    setTimeout(() => void writer.append(command).catch(() => undefined), 50);
    return outcome;
  };
  return { writer: { ...writer, append }, reader };
};

export const readerStepsOver = withReader((sound) => ({
  async readFrom(after, limit) {
    const page = await sound.readFrom(after, limit);
    return { ...page, facts: page.facts.filter(({ position }) => position !== 1_234) };
  },
}));

export const readerRepeats = withReader((sound) => ({
  readFrom: (after, limit) => sound.readFrom(after > 1_000 ? after - 1 : after, limit),
}));

export const anotherText = withReader((sound) => ({
  async readFrom(after, limit) {
    const page = await sound.readFrom(after, limit);
    const facts = page.facts.map((fact) => ({
      ...fact,
      // As a jsonb column would hand it back.
      canonical: fact.canonical.replaceAll('":', '": '),
    }));
    return { ...page, facts };
  },
}));

export const prevIsThePositionBefore = withReader((sound) => ({
  async readFrom(after, limit) {
    const page = await sound.readFrom(after, limit);
    const facts = page.facts.map((fact) => ({ ...fact, prev: fact.position - 1 }));
    return { ...page, facts };
  },
}));

export const bulkWithoutKeys = withWriter((sound) => ({
  appendBulk: (commands) =>
    sound.appendBulk(commands.map((command) => ({ ...command, key: randomUUID() }))),
}));

export const neverWoken = withReader((sound) => ({
  async grownBeyond(size, ms) {
    await sound.grownBeyond(Number.MAX_SAFE_INTEGER, ms);
    await sound.grownBeyond(size, 0);
  },
}));
