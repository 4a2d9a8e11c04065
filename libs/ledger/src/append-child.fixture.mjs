// A process that appends (or freezes) on one ledger; started, killed and stopped by tests.
// Runs the built package. Says one JSON line per event, synchronously, so that what a reader of
// its output has seen was said before it was killed.
import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { connectLedger } from '../dist/connection.postgres.js';
import { LEDGER_TIMEOUTS, openLedgerWriter } from '../dist/index.js';
import { sampleFact, sampleId } from '../dist/sample-facts.fixture.js';

const { url, mode } = JSON.parse(process.argv[2]);
const say = (line) => writeSync(1, `${JSON.stringify(line)}\n`);

const CALLERS = 32;
const EVENTS = 2;

/** Reads, decides that all is well, appends; a conflict is read and decided again. */
async function record(writer, { number, stream }) {
  const key = mode === 'no-idempotency' ? randomUUID() : `command-${number}`;
  for (;;) {
    const { version } = await writer.readStream(stream);
    const write = Array.from({ length: EVENTS }, (_, n) => {
      const fact = sampleFact(number);
      return {
        stream,
        event: { ...fact, data: { ...fact.data, notice: sampleId(number * 2 + n) } },
      };
    });
    if (mode === 'half-batches' && !(await appendFirst(writer, key, stream, version, write))) {
      continue;
    }
    const command = { key, fingerprint: 'body', expect: [{ stream, version }], write };
    if (mode === 'acknowledges-before-commit') say({ recorded: number });
    const outcome = await writer.append(command);
    if (outcome.outcome === 'conflict') continue;
    const leaves = outcome.events.map(({ leaf }) => leaf);
    // Committed but not yet acknowledged, as on a network: where a kill hurts most.
    await new Promise((resolve) => setTimeout(resolve, 4));
    if (mode !== 'acknowledges-before-commit') say({ recorded: number, leaves });
    return;
  }
}

/** The broken one: what belongs together is appended in two commits, the first of them here. */
async function appendFirst(writer, key, stream, version, write) {
  const first = { key: `${key}-first`, fingerprint: 'body', write: write.splice(0, 1) };
  const { outcome } = await writer.append({ ...first, expect: [{ stream, version }] });
  return outcome !== 'conflict';
}

async function recordAll(commands) {
  const writer = openLedgerWriter({
    ledger: 'court',
    connection: url,
    clock: { now: () => new Date() },
  });
  const next = commands.values();
  const call = async () => {
    for (const command of next) await record(writer, command);
  };
  await Promise.all(Array.from({ length: CALLERS }, call));
  await writer.close();
  say({ done: true });
}

/** Takes the lock as the ledger does and says nothing more. */
async function holdLock(inCopy, timeouts) {
  const client = await connectLedger(url, { ...LEDGER_TIMEOUTS, ...timeouts }, () => undefined);
  if (mode === 'holds-lock-unreachably') await client.query("SET application_name = 'nobody'");
  await client.query('BEGIN');
  await client.query('SELECT ledger.take_lock()');
  if (inCopy) {
    client.connection.query('COPY ledger.event FROM STDIN');
    client.connection.once('copyInResponse', () => say({ holds: true }));
  } else {
    say({ holds: true });
  }
  await new Promise(() => setInterval(() => undefined, 60_000));
}

if (mode === 'holds-lock') await holdLock(false, { idleInTransaction: 700 });
if (mode === 'holds-lock-in-copy') await holdLock(true, { idleInTransaction: 700 });
if (mode === 'holds-lock-unreachably') await holdLock(false, { idleInTransaction: 0 });

say({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  await recordAll(JSON.parse(line));
  break;
}
// Its input may be left open.
process.exit(0);
