import { LEDGERS, type Fact, type JournalledAnswer } from '@writ/contracts';
import type { Command } from './command-line.js';
import { EXIT, type ExitCode } from './exit-code.js';
import { explainAnswer, type Explanation } from './explain-answer.js';
import type { Surroundings } from './surroundings.js';

const PAGE = 5_000;

/** Tells a journalled answer by the facts it needs, fetched from the ledgers. */
export async function explainGiven(
  surroundings: Surroundings,
  { answerId }: Extract<Command, { name: 'explain' }>,
): Promise<ExitCode> {
  const { api, terminal, json } = surroundings;
  const asked = await api.get<JournalledAnswer>(
    `/projection/v1/answers/${encodeURIComponent(answerId)}`,
  );
  const explained = explainAnswer(asked, await factsBehind(surroundings, asked));
  if (json) await terminal.out(JSON.stringify({ asked, ...explained }));
  else for (const line of linesOf(asked, explained)) await terminal.out(line);
  if (!explained.agrees) terminal.note(disagreement(asked));
  return explained.agrees ? EXIT.fine : EXIT.refused;
}

/** Of the subject in every ledger, and the lists and memoranda, up to where the answer stood. */
async function factsBehind(
  { api, terminal }: Surroundings,
  { subject, position }: JournalledAnswer,
): Promise<Fact[]> {
  const facts: Fact[] = [];
  for (const ledger of LEDGERS) {
    const reference = ledger === 'regulatory' ? position['regulatory.reference'] : -1;
    const end = Math.max(position[ledger], reference);
    for (let after = -1; after < end;) {
      const page = await api.facts(ledger, after, Math.min(PAGE, end - after));
      if (page.facts.length === 0) break;
      for (const delivered of page.facts) {
        const isOfSubject = delivered.subject !== undefined && delivered.subject === subject;
        const isReference = delivered.subject === undefined && ledger === 'regulatory';
        const upTo = isOfSubject ? position[ledger] : reference;
        if ((isOfSubject || isReference) && delivered.position <= upTo) {
          facts.push(JSON.parse(delivered.canonical) as Fact);
        }
      }
      after = page.next;
      terminal.progress(ledger, after + 1, end + 1);
    }
  }
  terminal.settled();
  return facts;
}

function linesOf(asked: JournalledAnswer, { answers, facts, rules, rows }: Explanation): string[] {
  return [
    `answered ${asked.answeredAt} about ${asked.subject ?? 'nobody known'}`,
    ...answers.map(({ measure, answer }) => `  ${measure}: ${answer}`),
    'because of',
    ...facts.map(({ ledger, position, type, recordedAt }) => {
      return `  ${ledger} ${position} ${type}, recorded ${recordedAt}`;
    }),
    ...rows.map(({ cause, measure, memorandum, memorandumVersion: version, row, legalBasis }) => {
      return `  ${measure} for ${cause}: ${memorandum} version ${version}, row ${row}, ${legalBasis}`;
    }),
    'by the rules of',
    ...rules.map(({ pack, version }) => `  ${pack}, version ${version}`),
  ];
}

/** Not everything an answer rests on is a fact. */
function disagreement({ asked, answers }: JournalledAnswer): string {
  const said = answers.map(({ measure, answer }) => `${measure}: ${answer}`).join(', ');
  const why =
    asked === 'record'
      ? 'a record may have been asked about another time, which the journal does not keep'
      : 'what was read may have been too old, or set aside, when it was given';
  return `the answer given was ${said}; ${why}`;
}
