import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { generatedUscc } from '@writ/identifiers';
import { temporaryFolder } from '@writ/local-servers';
import { CourtJourney } from '../court-journey.client.js';
import { benchPostgres, plainDatabase, sql } from '../databases.process.js';
import { rowOfPairs, type Pair } from '../measure.js';
import type { RowContext } from '../row-file.js';
import { openSide, type Side } from '../side.process.js';
import type { BareSetup } from '../sides/bare-fastify.process.js';
import type { SubjectsQuestion, SubjectsSetup } from '../sides/fill-subjects.process.js';
import type { LoadFigures, LoadQuestion } from '../sides/http-load.process.js';
import type { StandaloneAnswer, StandaloneSetup } from '../sides/standalone.process.js';

const CONNECTIONS = 32;
/** As many as the status route has: three that read, one that writes the journal. */
const POOL = 4;
/** The two subjects whose states are copied; beyond the numbers that are asked for. */
const [LISTED, FREED] = [90_000_001, 90_000_002];

/** The whole system in one process answers status checks about known subjects. */
export async function measure({ quick, rounds, note, done }: RowContext): Promise<void> {
  const known = quick ? 5_000 : 1_000_000;
  const [warmUpMs, ms] = quick ? [300, 1_000] : [1_000, 4_000];
  const folder = temporaryFolder('writ-bench-');
  const server = await benchPostgres();
  try {
    const reference = await plainDatabase(server, 'status_reference');
    const setup: StandaloneSetup = { dataFolder: folder, postgresUrl: server.url('postgres') };
    const ours: Side<null, StandaloneAnswer> = await openSide('standalone', setup);
    const { url } = await ours.ask(null);
    const [restricted, free] = await twoSubjects(url, server.url('writ_projection'));
    note(`filling ${known} subjects`);
    const filling: SubjectsSetup = {
      projection: server.url('writ_projection'),
      reference,
      aliasKeyFile: join(folder, 'keys', 'alias.key'),
    };
    const fill: Side<SubjectsQuestion, null> = await openSide('fill-subjects', filling);
    await fill.ask({ subjects: known, restricted, free });
    await fill.stop();

    const constant = await sampleAnswer(url);
    const bareSetup: BareSetup = { url: reference, pool: POOL, constant };
    const bare: Side<null, { url: string }> = await openSide('bare-fastify', bareSetup);
    const bareUrl = (await bare.ask(null)).url;
    const load: Side<LoadQuestion, LoadFigures> = await openSide('http-load', null);
    const figures = (target: string) =>
      load.ask({ url: target, connections: CONNECTIONS, warmUpMs, ms, known });
    const [selects, constants]: [Pair[], Pair[]] = [[], []];
    let last: LoadFigures | undefined;
    let cpu = 0;
    const journal = server.url('writ_projection');
    for (let round = 1; round <= rounds; round++) {
      await sql(server.url('postgres'), 'CHECKPOINT');
      const before = (await ours.ask(null)).cpuMicros;
      const there = await inJournal(journal);
      last = await figures(`${url}/projection/v1/status`);
      if ((await inJournal(journal)) - there < last.restricted) throw new Error('not journalled');
      cpu = ((await ours.ask(null)).cpuMicros - before) / (last.answers * (1 + warmUpMs / ms));
      const share = last.restricted / last.answers;
      if (Math.abs(share - 0.1) > 0.02) throw new Error(`${share} were RESTRICTED, not a tenth`);
      const select = await figures(`${bareUrl}/status`);
      const plain = await figures(`${bareUrl}/constant`);
      selects.push({ ours: last.perSecond, reference: select.perSecond });
      constants.push({ ours: last.perSecond, reference: plain.perSecond });
      note(
        `round ${round}: ${[last, select, plain].map((f) => Math.round(f.perSecond)).join(' ')}`,
      );
    }
    const peak = ours.peakRssMiB();
    const unit = 'answers/s';
    const name = 'status over HTTP, × bare Fastify with SELECT';
    const told = `p50 ${last?.p50Ms.toFixed(1)} ms, p99 ${last?.p99Ms.toFixed(1)} ms`;
    const more = `about ${Math.round(cpu)} µs of Node's CPU per answer, the other services' included`;
    done({ ...rowOfPairs(name, selects, unit, '>= 0.7', peak), note: `${told}; ${more}` });
    done(rowOfPairs('status over HTTP, × constant answer', constants, unit, 'information', peak));
    await Promise.all([load.stop(), bare.stop(), ours.stop()]);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One subject restricted, one no more; through the front door. @returns their ids */
async function twoSubjects(url: string, database: string): Promise<[string, string]> {
  const journey = new CourtJourney(url, 'status');
  await journey.declare();
  const listed = await journey.list(await journey.ripen(LISTED));
  const ripe = await journey.ripen(FREED);
  await journey.list(ripe);
  const paid = await journey.pay(ripe);
  const answers = [
    await journey.status(LISTED, listed.receipt.token, true),
    await journey.status(FREED, paid.receipt.token, true),
  ];
  if (answers.join() !== 'RESTRICTED,NOT_RESTRICTED') throw new Error(answers.join());
  const rows = await sql<{ subject: string; measures: string }>(
    database,
    `SELECT subject, string_agg(state, ' ' ORDER BY ledger) AS measures
     FROM projection.state_a GROUP BY subject`,
  );
  const free = rows.find(({ measures }) => measures.includes('"kind":"delisted"'))?.subject;
  const restricted = rows.find(({ subject }) => subject !== free)?.subject;
  if (rows.length !== 2 || !free || !restricted) throw new Error('there are not two subjects');
  return [restricted, free];
}

/** The answer that most get: what the constant route says. */
async function sampleAnswer(url: string): Promise<string> {
  const identifier = { scheme: 'cn.uscc', value: generatedUscc(1) };
  const answer = await fetch(`${url}/projection/v1/status`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      subjects: [{ identifier, measures: ['travel.air'] }],
      purpose: 'boarding',
    }),
  });
  const text = await answer.text();
  if (!text.includes('"answer":"NOT_RESTRICTED"')) throw new Error(text);
  return text;
}

/** Answers in the journal: every one of restriction has to be there, or the row says nothing. */
async function inJournal(database: string): Promise<number> {
  const [row] = await sql<{ n: string }>(database, 'SELECT count(*) AS n FROM projection.answer');
  return Number(row?.n);
}
