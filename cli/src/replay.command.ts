import { LEDGERS, type LedgerName, type MeasureAnswer } from '@writ/contracts';
import type { SubjectState } from '@writ/projection/fold/subject-state';
import type { Command } from './command-line.js';
import { EXIT, type ExitCode } from './exit-code.js';
import {
  answersBy,
  emptyScratch,
  foldInto,
  measuresOf,
  namedEvent,
  recordedAtOf,
  referenceIn,
  stateOf,
  summaryOf,
  type NamedEvent,
  type Scratch,
} from './scratch-state.js';
import type { Surroundings } from './surroundings.js';

type Ask<N extends Command['name']> = Extract<Command, { name: N }>;
/** Up to where; a ledger that is not named: to its head. */
type Asked = Partial<Record<LedgerName, number>>;

const PAGE = 5_000;

/** Folds what the ledgers hand out into a state of its own; changes nothing anywhere. */
export async function replay(
  surroundings: Surroundings,
  { to, subject }: Ask<'replay'>,
): Promise<ExitCode> {
  const { terminal, json } = surroundings;
  const scratch = emptyScratch();
  const events: NamedEvent[] = [];
  await foldUpTo(surroundings, scratch, to, (event) => {
    if (event.subject === subject && subject !== undefined) events.push(event);
  });
  const summary = summaryOf(scratch);
  const about = subject === undefined ? {} : { subject, state: stateOf(scratch, subject), events };
  if (json) await terminal.out(JSON.stringify({ ...summary, ...about }));
  else {
    await terminal.out(`root ${summary.root} (fold version ${summary.foldVersion})`);
    for (const { ledger, size, root } of summary.ledgers) {
      await terminal.out(`  ${ledger}: ${size} facts, ledger root ${root}`);
    }
    for (const { ledger, position, reason } of summary.setAside) {
      await terminal.out(`  set aside: ${ledger} ${position}: ${reason}`);
    }
    for (const event of events) await terminal.out(eventText(event));
    if (subject !== undefined) await terminal.out(JSON.stringify(stateOf(scratch, subject)));
  }
  return soundness(surroundings, scratch);
}

/** Names the events between two positions, and of whom they changed an answer. */
export async function diff(
  surroundings: Surroundings,
  { from, to }: Ask<'diff'>,
): Promise<ExitCode> {
  const { terminal, json } = surroundings;
  const scratch = emptyScratch();
  await foldUpTo(surroundings, scratch, from);
  const before = {
    states: Object.fromEntries(
      LEDGERS.map((ledger) => [ledger, new Map(scratch.states[ledger])]),
    ) as Scratch['states'],
  };
  const reference = referenceIn(scratch);
  const events: NamedEvent[] = [];
  await foldUpTo(surroundings, scratch, to, (event) => void events.push(event));
  const touched = new Set(events.flatMap(({ subject }) => subject ?? []));
  const at = recordedAtOf(scratch);
  const now = referenceIn(scratch);
  const changed = [...touched].flatMap((subject) => {
    const states = [
      stateOf({ ...scratch, ...before }, subject),
      stateOf(scratch, subject),
    ] as const;
    return changeOf(subject, states, (state, isBefore) =>
      answersBy(state, isBefore ? reference : now, at, measuresOf(...states)),
    );
  });
  if (json) await terminal.out(JSON.stringify({ at, events, changed }));
  else {
    for (const event of events) await terminal.out(eventText(event));
    for (const { subject, measure, before: was, after: is } of changed) {
      await terminal.out(`${subject} ${measure}: ${was} → ${is}`);
    }
    terminal.note(`${events.length} events; ${changed.length} answers changed, as of ${at}`);
  }
  return soundness(surroundings, scratch);
}

type Change = { subject: string; measure: string; before: string; after: string };

function changeOf(
  subject: string,
  [before, after]: readonly [SubjectState, SubjectState],
  answers: (state: SubjectState, isBefore: boolean) => MeasureAnswer[],
): Change[] {
  const was = new Map(answers(before, true).map((one) => [one.measure, one.answer]));
  return answers(after, false).flatMap(({ measure, answer }) => {
    const earlier = was.get(measure) ?? answer;
    return earlier === answer ? [] : [{ subject, measure, before: earlier, after: answer }];
  });
}

/** Goes on from where the scratch state stands. */
async function foldUpTo(
  { api, terminal }: Surroundings,
  scratch: Scratch,
  to: Asked,
  heard: (event: NamedEvent) => void = () => undefined,
): Promise<void> {
  for (const ledger of LEDGERS) {
    const size = () => scratch.seen[ledger].size;
    let end = to[ledger];
    while (end === undefined || size() <= end) {
      const most = end === undefined ? PAGE : Math.min(PAGE, end - size() + 1);
      const page = await api.facts(ledger, size() - 1, Math.max(1, most));
      // Pinned at the first look: what is recorded meanwhile is not asked about.
      end ??= page.size - 1;
      const facts = page.facts.filter(({ position }) => position <= (end ?? -1));
      if (facts.length === 0) break;
      foldInto(scratch, ledger, facts);
      for (const fact of facts) heard(namedEvent(fact));
      terminal.progress(ledger, size(), end + 1);
    }
    if (end !== undefined && size() <= end) {
      terminal.note(`${ledger} holds ${size()} facts: position ${end} is not there yet`);
    }
  }
  terminal.settled();
}

async function soundness({ terminal }: Surroundings, scratch: Scratch): Promise<ExitCode> {
  const faults = summaryOf(scratch).ledgers.flatMap(({ ledger, faults: found }) =>
    found.map(({ position, rule }) => `${ledger} ${position}: ${rule}`),
  );
  for (const fault of faults) terminal.note(fault);
  return faults.length > 0 ? EXIT.refused : EXIT.fine;
}

function eventText({ ledger, position, type, subject = '-' }: NamedEvent): string {
  return `${ledger} ${position} ${type} ${subject}`;
}
