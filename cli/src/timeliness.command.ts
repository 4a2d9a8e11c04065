import { LEDGERS, type AuthoritiesPage, type Fact, type LedgerName } from '@writ/contracts';
import { heed, type Gap, type Numbering } from './authority-numbers.js';
import type { Command } from './command-line.js';
import { EXIT, type ExitCode } from './exit-code.js';
import type { Surroundings } from './surroundings.js';

type Line = {
  ledger: LedgerName;
  authority: string;
  submissions: number;
  lastRecordedAt: string;
  ageSeconds: number;
  /** Absent where nobody looked. */
  gapCount?: number;
  gaps?: Gap[];
};

const PAGE = 5_000;

/** Who has submitted when last, who is late, and whose own numbers have gaps. */
export async function timeliness(
  surroundings: Surroundings,
  { olderThanMs, quick }: Extract<Command, { name: 'timeliness' }>,
): Promise<ExitCode> {
  const { api, terminal, json } = surroundings;
  const lines: Line[] = [];
  for (const ledger of LEDGERS) {
    const { at, authorities } = await api.get<AuthoritiesPage>(`/${ledger}/v1/authorities`);
    const numbering = quick ? undefined : await numbersOf(surroundings, ledger);
    for (const standing of authorities) {
      const ageMs = Date.parse(at) - Date.parse(standing.lastRecordedAt);
      if (ageMs < olderThanMs) continue;
      const ageSeconds = Math.max(0, Math.floor(ageMs / 1_000));
      const { gapCount = 0, gaps = [] } = numbering?.get(standing.authority) ?? {};
      lines.push({ ledger, ...standing, ageSeconds, ...(numbering ? { gapCount, gaps } : {}) });
    }
  }
  terminal.settled();
  lines.sort((a, b) => b.ageSeconds - a.ageSeconds);
  if (json) await terminal.out(JSON.stringify({ authorities: lines }));
  else for (const line of lines) await terminal.out(textOf(line));
  return lines.some(({ gapCount = 0 }) => gapCount > 0) ? EXIT.refused : EXIT.fine;
}

/** Every fact's number, asked of the ledger itself: a gap is what its own books cannot show. */
async function numbersOf({ api, terminal }: Surroundings, ledger: LedgerName): Promise<Numbering> {
  const numbering: Numbering = new Map();
  let end: number | undefined;
  for (let after = -1; end === undefined || after < end;) {
    const { facts, size, next } = await api.facts(ledger, after, PAGE);
    end ??= size - 1;
    if (facts.length === 0) break;
    for (const { canonical } of facts) heed(numbering, JSON.parse(canonical) as Fact);
    after = next;
    terminal.progress(ledger, Math.min(after, end) + 1, end + 1);
  }
  return numbering;
}

function textOf({ ledger, authority, submissions, lastRecordedAt, ageSeconds, ...line }: Line) {
  const numbers = line.gapCount === undefined ? 'not looked at' : `${line.gapCount} gaps`;
  const named = (line.gaps ?? []).map((gap) => {
    return ` ${gap.expected} due, ${gap.found} found at position ${gap.position}`;
  });
  const age = `${ageSeconds} s`;
  const words = [ledger, authority, lastRecordedAt, age, `${submissions} submissions`, numbers];
  return [words.join('\t'), ...named].join('\n ');
}
