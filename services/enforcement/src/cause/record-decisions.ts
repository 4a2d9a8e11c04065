import type { LedgerWriter, BulkCommand, FactOutcome } from '@writ/ledger';
import type { Plan } from '../memorandum/plan-measures.js';
import type { LastDecision } from '../measure/fold-measures.js';
import type { Cause } from './cause.js';
import { decideMeasures, type StandingDecision, type Trigger } from './decide-measures.js';

/** A look at one cause as it stood after one fact; recorded under `key`, if anything follows. */
export type Step = { cause: Cause; trigger: Trigger; key: string };

/** Where the decisions of a cause stand, as recorded; `catchUp` makes it current. */
export type Decisions = {
  catchUp(): Promise<void>;
  decisions(causes: readonly Cause[]): Promise<ReadonlyMap<string, LastDecision>>;
};

export type Recorder = {
  writer: Pick<LedgerWriter, 'append' | 'appendBulk'>;
  view: Decisions;
  jitter(attempt: number): Promise<void>;
};

/** From here on one bulk append is faster than many that share commits. */
const BULK_FROM = 64;
const ATTEMPTS_MAX = 20;

type Standing = { version: number; decision: StandingDecision | undefined };
type Attempt = { step: Step; command: BulkCommand };

/**
 * Decides each step and records what follows, all at once.
 *
 * The steps of one cause follow each other in one queue against versions that advance; whoever
 * else writes to its stream (an acknowledgement, another owner of the bucket) makes the append
 * conflict, and the steps from there on are decided again on what is recorded now.
 *
 * A step whose key is known was recorded before its place moved. It is not tried again with those
 * behind it: its answer stays the same, and they would expect a version that it never brings. What
 * it said then may be out of date by now (a memorandum came in between), so those causes are
 * looked at once more, as they stand, under a key of their own.
 *
 * @returns how many decisions were recorded
 * @throws Error when a stream moves on faster than twenty attempts
 */
export async function recordDecisions(
  recorder: Recorder,
  plan: Plan,
  steps: readonly Step[],
): Promise<number> {
  let recorded = 0;
  let pending = steps;
  let known: Step[] = [];
  for (let attempt = 1; pending.length > 0; attempt++) {
    if (attempt > ATTEMPTS_MAX) throw new Error('causes move on faster than they can be assessed');
    if (attempt > 1) await recorder.jitter(attempt);
    const attempts = await decideAll(recorder, plan, pending);
    const outcomes = await appendAll(
      recorder.writer,
      attempts.map(({ command }) => command),
    );
    const contested = new Set<string>();
    const done = new Set<Step>();
    attempts.forEach(({ step }, index) => {
      const { outcome } = outcomes[index] ?? { outcome: 'conflict' };
      if (outcome === 'conflict') contested.add(streamOf(step.cause));
      else if (outcome === 'recorded' || outcome === 'known') done.add(step);
      else throw new Error('a decision was recorded under that key with another fingerprint');
      if (outcome === 'recorded') recorded++;
      if (outcome === 'known') known.push(step);
    });
    pending = pending.filter((step) => contested.has(streamOf(step.cause)) && !done.has(step));
    if (pending.length === 0 && known.length > 0) {
      pending = onceMore(steps, known, plan);
      known = [];
    }
  }
  return recorded;
}

/** The last step of each of these causes, under a key that also names the reference. */
function onceMore(steps: readonly Step[], known: readonly Step[], plan: Plan): Step[] {
  const causes = new Set(known.map(({ cause }) => streamOf(cause)));
  const last = new Map<string, Step>();
  for (const step of steps)
    if (causes.has(streamOf(step.cause))) last.set(streamOf(step.cause), step);
  return [...last.values()].map((step) => ({ ...step, key: `${step.key}/${plan.position}` }));
}

async function decideAll(
  { view }: Recorder,
  plan: Plan,
  steps: readonly Step[],
): Promise<Attempt[]> {
  await view.catchUp();
  const decisions = await view.decisions(steps.map(({ cause }) => cause));
  const standing = new Map<string, Standing>(
    [...decisions].map(([cause, last]) => [cause, standingOf(last)]),
  );
  const attempts: Attempt[] = [];
  for (const step of steps) {
    const { ledger, id } = step.cause;
    const { version, decision: last } = standing.get(`${ledger}-${id}`) ?? NOTHING;
    const decision = decideMeasures(step.cause, plan, last, step.trigger);
    const [event] = decision.kind === 'record' ? decision.events : [];
    if (!event) continue;
    const stream = streamOf(step.cause);
    const { key } = step;
    attempts.push({
      step,
      command: {
        key,
        // The same look at the same cause, whatever is decided: the stream's version guards that.
        fingerprint: key,
        expect: [{ stream, version }],
        write: [{ stream, event }],
      },
    });
    standing.set(`${ledger}-${id}`, { version: version + 1, decision: event.data });
  }
  return attempts;
}

const NOTHING: Standing = { version: 0, decision: undefined };

function standingOf({ version, basedOn, measures }: LastDecision): Standing {
  return { version, decision: basedOn && { basedOn, measures } };
}

async function appendAll(
  writer: Recorder['writer'],
  commands: readonly BulkCommand[],
): Promise<FactOutcome[]> {
  if (commands.length >= BULK_FROM) return writer.appendBulk(commands);
  // In one turn of the event loop, so that they are queued in this order and share a commit.
  return Promise.all(commands.map((command) => writer.append(command)));
}

function streamOf({ ledger, id }: Cause): string {
  return `cause-${ledger}-${id}`;
}
