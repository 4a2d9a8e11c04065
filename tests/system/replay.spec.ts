import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { LEDGERS, type LedgerName } from '@writ/contracts';
import { publicData, seededRandom } from '@writ/testkit';
import { rootAtRest } from './fresh-projection.fixture.js';
import {
  admitOfac,
  describeReal,
  feedOf,
  importEvents,
  oracle,
  root,
  type ImportAnswer,
} from './ofac.fixture.js';
import { startSystem, SYSTEM, type System } from './system.fixture.js';

const run = promisify(execFile);
const wages = publicData('us-in-wage-dev');
const OFAC_STOPS = 7;
const WAGE_STOPS = 3;

type Heads = Record<LedgerName, number>;
type Stop = { root: string; heads: Heads };
type Replayed = { root: string; position: Heads; ledgers: { faults: unknown[] }[] };
type Diff = {
  events: { ledger: string; position: number; type: string; subject?: string }[];
  changed: { subject: string; measure: string; before: string; after: string }[];
};

describeReal(`replay (${SYSTEM})`, () => {
  let system: System;
  const stops: Stop[] = [];
  const seed = Number(process.env['WRIT_SEED'] ?? 20_261_127);

  beforeAll(async () => {
    console.error(`replay seed: ${seed} (WRIT_SEED repeats it)`);
    system = await startSystem();
    const random = seededRandom(seed);
    const states = oracle();
    const drawn = new Set<number>();
    while (drawn.size < OFAC_STOPS) drawn.add(Math.floor(random() * states.length));
    for (const index of [...drawn].sort((a, b) => a - b)) {
      const upTo = new Date(states[index]?.observedAt ?? '').toISOString();
      await importEvents(system.client, { upTo });
      if (stops.length === 0) await admitOfac(system.client);
      stops.push(await stop());
    }
    for (let part = 1; wages !== undefined && part <= WAGE_STOPS; part++) {
      await importWages(part / WAGE_STOPS, `2025-0${part}-01T00:00:00Z`);
      stops.push(await stop());
    }
  }, 600_000);
  afterAll(() => system?.stop());

  /** What the projection says of everything recorded by now, and up to where that is. */
  async function stop(): Promise<Stop> {
    const { root: live } = await rootAtRest(system);
    // Where that root stands, not where the ledgers are by now: decisions may have come since.
    const heads = LEDGERS.map((ledger) => {
      const places = live.buckets.map(({ position }) => position[ledger]);
      return [ledger, Math.max(...places)] as const;
    });
    return { root: live.root, heads: Object.fromEntries(heads) as Heads };
  }

  /** The first rows of the Indiana register, as an earlier copy of it. */
  async function importWages(share: number, observedAt: string): Promise<void> {
    const description = feedOf('us-in-wage-dev');
    const packed = readFileSync(path.join(wages ?? '', 'indiana_wage_cases.csv.gz'));
    const lines = gunzipSync(packed).toString().split('\n').slice(0, -1);
    const kept = lines.slice(0, 1 + Math.floor((lines.length - 1) * share));
    const bytes = Buffer.from(`${kept.join('\n')}\n`).toString('base64');
    const file = { name: 'indiana.csv', bytes, observedAt };
    const to = `/court/v1/feeds/${description.list}/imports`;
    await system.client.done<ImportAnswer>(to, { description, file });
  }

  /** On a machine that has only the address. */
  async function writ<T>(...words: string[]): Promise<T> {
    const { stdout } = await run(
      process.execPath,
      [path.join(root, 'cli/bin/writ.mjs'), ...words, '--url', system.url, '--json'],
      { maxBuffer: 64 * 1024 * 1024 },
    );
    return JSON.parse(stdout) as T;
  }

  const text = (heads: Heads) => LEDGERS.map((ledger) => `${ledger}:${heads[ledger]}`).join(',');

  it('of the facts alone has the root that was live at each of ten positions', async () => {
    expect(stops).toHaveLength(OFAC_STOPS + (wages === undefined ? 0 : WAGE_STOPS));
    const replayed: Stop[] = [];
    for (const { heads } of stops) {
      const { root: own, position, ledgers } = await writ<Replayed>('replay', '--to', text(heads));
      expect(ledgers.flatMap(({ faults }) => faults)).toEqual([]);
      replayed.push({ root: own, heads: position });
    }
    expect(replayed).toEqual(stops);
    expect(new Set(stops.map((one) => one.root)).size).toBe(stops.length);
  }, 600_000);

  it('names exactly what lies between two positions, and whose answer it changed', async () => {
    const [from, to] = [stops[3], stops[4]];
    if (!from || !to) throw new Error('fewer stops than that');
    const { events, changed } = await writ<Diff>('diff', text(from.heads), text(to.heads));
    const between = LEDGERS.flatMap((ledger) =>
      Array.from({ length: to.heads[ledger] - from.heads[ledger] }, (_, n) => ({
        ledger,
        position: from.heads[ledger] + 1 + n,
      })),
    );
    expect(events.map(({ ledger, position }) => ({ ledger, position }))).toEqual(between);
    // Of events of a list that is admitted, those who were listed or delisted have another answer.
    const last = new Map<string, string>();
    for (const { type, subject } of events) {
      if (subject === undefined || !/listing-(taken-in|ended)/.test(type)) continue;
      last.set(subject, type);
    }
    const ended = [...last]
      .filter(([, type]) => type.includes('ended'))
      .map(([subject]) => subject);
    const lifted = changed.filter(({ before, after, measure }) => {
      return measure === 'any' && before === 'RESTRICTED' && after !== 'RESTRICTED';
    });
    expect(lifted.length).toBeGreaterThan(0);
    expect(ended).toEqual(expect.arrayContaining(lifted.map(({ subject }) => subject)));
  }, 300_000);
});
