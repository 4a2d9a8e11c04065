import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { DeliveredFact } from '@writ/contracts';
import type { LedgerReader } from '@writ/ledger';
import { Problem } from './problem.js';

const FACTS_A_READ = 500;
/** A comment in between, so that nobody on the way takes a quiet line for a dead one. */
const QUIET_MS = 15_000;
/** Who does not read for so long is let go; it comes back where it left off. */
const STALL_MS = 60_000;

/**
 * From where a subscriber goes on: behind the fact it had last (`Last-Event-ID`, which one that
 * comes back sends by itself), else behind the position it asks for.
 *
 * @throws Problem 400 for an id that is none; 409 for a position that is not there yet, or that
 *   was recorded in another epoch than the subscriber has heard
 */
export async function startOfStream(
  reader: Pick<LedgerReader, 'head' | 'readFrom'>,
  asked: number,
  lastEventId: string | undefined,
): Promise<number> {
  const [, epoch, position] = /^([1-9]\d{0,8}):(\d{1,15})$/.exec(lastEventId ?? '') ?? [];
  const field = lastEventId === undefined ? '/query/after' : '/headers/last-event-id';
  if (lastEventId !== undefined && position === undefined) {
    throw new Problem(400, 'last_event_id_is_malformed', field);
  }
  const after = position === undefined ? asked : Number(position);
  const { size } = await reader.head();
  if (after >= size) throw new Problem(409, 'position_is_not_there', field);
  if (epoch !== undefined) await mustBeOfEpoch(reader, after, Number(epoch), field);
  return after;
}

/** @throws Problem 409 when the fact at a position is of another epoch, or there is none */
export async function mustBeOfEpoch(
  reader: Pick<LedgerReader, 'readFrom'>,
  position: number,
  epoch: number,
  field: string,
): Promise<void> {
  if (position < 0) return;
  const [fact] = (await reader.readFrom(position - 1, 1)).facts;
  if (fact?.epoch !== epoch) throw new Problem(409, 'epoch_is_another', field);
}

/**
 * Sends every fact behind a position as a server-sent event, and each new one as it comes, until
 * the client goes, stalls, or the service stops.
 */
export async function streamFacts(
  answer: ServerResponse,
  reader: Pick<LedgerReader, 'readFrom' | 'grownBeyond'>,
  {
    after,
    stopping,
    stallMs = STALL_MS,
  }: { after: number; stopping: AbortSignal; stallMs?: number },
): Promise<void> {
  // One controller and no AbortSignal.any: Node 20 may collect a joined signal before it fires.
  const ending = new AbortController();
  const end = () => ending.abort();
  const over = ending.signal;
  answer.once('close', end);
  stopping.addEventListener('abort', end, { once: true });
  if (stopping.aborted) end();
  answer.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
  });
  let last = after;
  let isHeard = answer.write('retry: 1000\n\n');
  try {
    while (!over.aborted) {
      if (!isHeard && !(await drained(answer, over, stallMs))) break;
      const { facts } = await reader.readFrom(last, FACTS_A_READ);
      if (facts.length > 0) {
        last = facts.at(-1)?.position ?? last;
        isHeard = answer.write(facts.map(eventOf).join(''));
      } else {
        await untilOver(over, reader.grownBeyond(last + 1, QUIET_MS));
        isHeard = over.aborted || answer.write(': still here\n\n');
      }
    }
  } finally {
    stopping.removeEventListener('abort', end);
  }
  // A client that was let go sees a broken line, and comes back; one at a stop likewise.
  answer.destroy();
}

function eventOf(fact: DeliveredFact): string {
  return `id: ${fact.epoch}:${fact.position}\nevent: fact\ndata: ${JSON.stringify(fact)}\n\n`;
}

/** @returns whether the client has read on, and the stream goes on with it */
async function drained(answer: ServerResponse, over: AbortSignal, ms: number): Promise<boolean> {
  const stalled = new AbortController();
  const stop = () => stalled.abort();
  const timer = setTimeout(stop, ms);
  over.addEventListener('abort', stop, { once: true });
  if (over.aborted) stop();
  try {
    await once(answer, 'drain', { signal: stalled.signal });
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
    over.removeEventListener('abort', stop);
  }
}

/** What is waited for must not hold up a stop. */
export async function untilOver(over: AbortSignal, waited: Promise<void>): Promise<void> {
  let end = () => {};
  const ended = new Promise<void>((settle) => (end = settle));
  over.addEventListener('abort', end, { once: true });
  // Left behind by a stop, it fails when the ledger is closed: nobody waits for it any more.
  waited.catch(() => {});
  try {
    if (!over.aborted) await Promise.race([waited, ended]);
  } finally {
    over.removeEventListener('abort', end);
  }
}
