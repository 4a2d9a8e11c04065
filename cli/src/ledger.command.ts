import type { LedgerName, RebuildReport, RootResponse } from '@writ/contracts';
import type { Command } from './command-line.js';
import { EXIT, type ExitCode } from './exit-code.js';
import { tokensOfHeads } from './heads.client.js';
import type { Surroundings } from './surroundings.js';
import { rootText } from './render.js';
import { beginVerification, checkFact, rootOf } from './verify-ledger.js';

type Ask<N extends Command['name']> = Extract<Command, { name: N }>;

const PAGE = 5_000;
const FOLLOW_MS = 25_000;
const POLL_MS = 250;

/** Recorded facts as recorded, one line each. */
export async function printFacts(
  surroundings: Surroundings,
  { after, follow, ledgers }: Ask<'facts'>,
): Promise<ExitCode> {
  const one = (ledger: LedgerName) => printLedger(surroundings, ledger, after, follow);
  if (follow) await Promise.all(ledgers.map(one));
  else for (const ledger of ledgers) await one(ledger);
  return EXIT.fine;
}

async function printLedger(
  { api, terminal, stopped }: Surroundings,
  ledger: LedgerName,
  after: number,
  follow: boolean,
): Promise<void> {
  let next = after;
  while (!stopped()) {
    const page = await api.facts(ledger, next, PAGE, follow ? FOLLOW_MS : 0);
    for (const { canonical } of page.facts) await terminal.out(canonical);
    next = page.next;
    if (!follow && next >= page.size - 1) return;
  }
}

/** Checks every fact of the ledgers, and the root over them against what the service says. */
export async function verify(
  { api, terminal, json }: Surroundings,
  { ledgers }: Ask<'verify'>,
): Promise<ExitCode> {
  const reports: object[] = [];
  let sound = true;
  for (const ledger of ledgers) {
    const seen = beginVerification(ledger);
    let head: { size: number; root: string };
    do {
      const page = await api.facts(ledger, seen.size - 1, PAGE);
      for (const fact of page.facts) checkFact(seen, fact);
      head = page;
      terminal.progress(ledger, seen.size, page.size);
      // A service that hands out nothing and claims more would be asked for ever.
      if (page.facts.length === 0) break;
    } while (seen.size < head.size);
    const root = rootOf(seen);
    const isWhole = seen.size === head.size;
    const matches = isWhole && root === head.root;
    const ok = seen.faultCount === 0 && matches;
    sound &&= ok;
    terminal.settled();
    const { size, faults, faultCount } = seen;
    reports.push({
      ledger,
      ok,
      size,
      root,
      serviceSize: head.size,
      serviceRoot: head.root,
      faults,
    });
    if (!json) {
      const verdict = ok ? 'sound' : 'NOT SOUND';
      await terminal.out(`${ledger}: ${verdict}, ${size} facts, root ${root}`);
      if (!isWhole) await terminal.out(`  the service says it holds ${head.size}`);
      else if (!matches) await terminal.out(`  the service says the root is ${head.root}`);
      for (const { position, rule } of faults) await terminal.out(`  ${position}: ${rule}`);
      if (faultCount > faults.length) await terminal.out(`  and more: ${faultCount} in all`);
    }
  }
  if (json) await terminal.out(JSON.stringify({ ok: sound, ledgers: reports }));
  return sound ? EXIT.fine : EXIT.refused;
}

/** The root of the projected state. */
export async function printRoot({
  api,
  terminal,
  json,
  embedded,
}: Surroundings): Promise<ExitCode> {
  const root = await (embedded ? rootAtHeads(api) : api.get<RootResponse>('/projection/v1/root'));
  await terminal.out(json ? JSON.stringify(root) : rootText(root));
  return EXIT.fine;
}

/** Folds everything anew beside the live state and says whether the roots are equal. */
export async function rebuild({
  api,
  terminal,
  json,
  pause,
  embedded,
}: Surroundings): Promise<ExitCode> {
  if (embedded) await rootAtHeads(api);
  let report = await api.post<RebuildReport>('/projection/v1/rebuild');
  while (report.state === 'folding' || report.state === 'comparing') {
    terminal.progress(report.state, report.folded, report.total);
    await pause(POLL_MS);
    report = await api.get<RebuildReport>('/projection/v1/rebuild');
  }
  terminal.settled();
  if (json) await terminal.out(JSON.stringify(report));
  else {
    await terminal.out(`${report.state}: ${report.folded} facts, root ${report.root ?? 'unknown'}`);
    if (report.trouble !== undefined) terminal.note(report.trouble);
    for (const { ledger, bucket, live, rebuilt } of report.unequal ?? []) {
      await terminal.out(`  ${ledger}/${bucket}: live ${live}, rebuilt ${rebuilt}`);
    }
  }
  return report.state === 'equal' ? EXIT.fine : EXIT.refused;
}

/** The root, once all that was recorded when we asked is in it. */
async function rootAtHeads(api: Surroundings['api']): Promise<RootResponse> {
  const atLeast = await tokensOfHeads(api);
  const query = atLeast.length === 0 ? '' : `?atLeast=${atLeast.join(',')}`;
  return api.get<RootResponse>(`/projection/v1/root${query}`);
}
