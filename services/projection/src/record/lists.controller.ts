import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiQuery } from '@nestjs/swagger';
import type { ListCounts, ListEntries } from '@writ/contracts';
import { problemOf, Problem } from '@writ/service-host';
import { legalTimeOf } from '../answer/answer.js';
import { LIVE_CONSUMER } from '../projection.consumer.js';
import { PROJECTION_PARTS, type ProjectionParts } from '../projection-parts.process.js';
import { MALFORMED } from '../status/status.server.js';
import { readTokens } from '../status/status-request.js';
import { readTimes, sqlTime, type AskedTimes } from '../times.js';
import {
  atOneMoment,
  countActive,
  pageActive,
  readQuarantine,
  readReference,
} from './history.postgres.js';
import { foldedEverywhere, knownPositions, type Positions } from './known-at.postgres.js';
import { cursorOf, readCursor, type Cursor } from './list-cursor.js';
import { waitForPoints } from './wait-for-points.process.js';

type Queried = Readonly<Record<string, unknown>>;

const COUNT_PARAMETERS = ['asOf', 'zone', 'knownAt', 'atLeast', 'timeout'];
const CODE = /^[a-z0-9][a-z0-9._:-]{0,119}$/;
const TIMEOUT_MS = 5_000;
const LIMIT_MAX = 5_000;

/** How many entries of a list are in force, and which: at one position for all buckets. */
@Controller('projection/v1/lists/:list')
export class ListsController {
  constructor(@Inject(PROJECTION_PARTS) private readonly parts: ProjectionParts) {}

  @Get()
  @ApiOperation({ summary: 'Entries in force and their subjects, counted.' })
  @ApiParam({ name: 'list' })
  @ApiQuery({ name: 'asOf', required: false, description: 'Instant or local date; default now.' })
  @ApiQuery({ name: 'zone', required: false, description: 'Of a date; default UTC.' })
  @ApiQuery({ name: 'knownAt', required: false, description: 'Instant, or court:12,regulatory:7.' })
  @ApiQuery({ name: 'atLeast', required: false, description: 'Receipt token(s), by commas.' })
  @ApiQuery({ name: 'timeout', required: false, description: 'Milliseconds; default 5,000.' })
  async count(@Param('list') list: string, @Query() query: Queried): Promise<ListCounts> {
    checkParameters(list, query, COUNT_PARAMETERS);
    const { when, knownAt } = this.times(query);
    await this.wait(query);
    return atOneMoment(this.parts.reader, async (db, progress) => {
      const known = await knownPositions(db, progress.set, knownAt, foldedEverywhere(progress));
      const kind = await this.kindOf(db, progress.set, list, known);
      const at = legalTimeOf(when);
      const asked = { list, at: sqlTime(at), known };
      const counts = await countActive(db, progress.set, asked);
      const aside = await readQuarantine(db, LIVE_CONSUMER, undefined);
      const quarantined = new Set(aside.map(({ subject }) => subject)).size;
      return { list, kind, ...counts, asOf: at, position: known, quarantined };
    });
  }

  @Get('entries')
  @ApiOperation({ summary: 'Entries in force, page by page; the cursor pins the times.' })
  @ApiParam({ name: 'list' })
  @ApiQuery({ name: 'asOf', required: false })
  @ApiQuery({ name: 'zone', required: false })
  @ApiQuery({ name: 'knownAt', required: false })
  @ApiQuery({ name: 'atLeast', required: false })
  @ApiQuery({ name: 'timeout', required: false })
  @ApiQuery({ name: 'limit', required: false, description: `At most ${LIMIT_MAX}.` })
  @ApiQuery({ name: 'cursor', required: false, description: 'Of the page before.' })
  async entries(@Param('list') list: string, @Query() query: Queried): Promise<ListEntries> {
    checkParameters(list, query, [...COUNT_PARAMETERS, 'limit', 'cursor']);
    const limit = wholeNumber(query, 'limit', 1_000, 1, LIMIT_MAX);
    const { when, knownAt } = this.times(query);
    const cursor = cursorFrom(query, list);
    await this.wait(query);
    return atOneMoment(this.parts.reader, async (db, progress) => {
      const known =
        cursor?.known ??
        (await knownPositions(db, progress.set, knownAt, foldedEverywhere(progress)));
      await this.kindOf(db, progress.set, list, known);
      const at = cursor?.at ?? legalTimeOf(when);
      const asked = { list, at: sqlTime(at), known };
      const entries = await pageActive(db, progress.set, asked, cursor?.after, limit);
      const last = entries.at(-1);
      const next = last && entries.length === limit ? { list, at, known, after: last } : undefined;
      const page = { list, asOf: at, position: known, entries };
      return next ? { ...page, cursor: cursorOf(next) } : page;
    });
  }

  private times(query: Queried): AskedTimes {
    const now = this.parts.clock.now().toISOString();
    const { asOf, zone, knownAt } = query as Record<string, string | undefined>;
    const given = {
      ...(asOf === undefined ? {} : { asOf }),
      ...(zone === undefined ? {} : { zone }),
      ...(knownAt === undefined ? {} : { knownAt }),
    };
    const times = readTimes(given, now, '/query');
    if (times.kind === 'refuse') {
      const { refusal } = times;
      throw problemOf(refusal, { [refusal.reason]: 400 });
    }
    return times.events[0]!;
  }

  private async wait(query: Queried): Promise<void> {
    const tokens = typeof query['atLeast'] === 'string' ? query['atLeast'].split(',') : [];
    const points = readTokens(tokens, '/query/atLeast');
    if (points.kind === 'refuse') throw problemOf(points.refusal, MALFORMED);
    const timeoutMs = wholeNumber(query, 'timeout', TIMEOUT_MS, 0, 60_000);
    await waitForPoints(points.events, [], timeoutMs, this.parts, ({ progress }) => {
      const folded = foldedEverywhere(progress);
      return points.events.every(({ ledger, position }) => folded[ledger] >= position);
    });
  }

  private async kindOf(
    db: Parameters<typeof readReference>[0],
    set: Parameters<typeof readReference>[1],
    list: string,
    known: Positions,
  ): Promise<string> {
    const [found] = await readReference(db, set, [`list/${list}`], []);
    const item = found?.[1];
    const versions = item?.kind === 'list' ? item.versions : [];
    const declared = versions.findLast(({ position }) => position <= known.regulatory);
    if (!declared && versions.length === 0) throw new Problem(404, 'list_is_unknown');
    return declared?.kind ?? 'not-known';
  }
}

function checkParameters(list: string, query: Queried, allowed: readonly string[]): void {
  if (!CODE.test(list)) throw new Problem(400, 'list_is_malformed');
  for (const [name, value] of Object.entries(query)) {
    if (!allowed.includes(name) || typeof value !== 'string') {
      throw new Problem(400, 'query_is_malformed', `/query/${name}`);
    }
  }
}

function wholeNumber(
  query: Queried,
  name: string,
  absent: number,
  least: number,
  most: number,
): number {
  const text = query[name];
  if (text === undefined) return absent;
  const value = typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value) || value < least || value > most) {
    throw new Problem(400, 'query_is_malformed', `/query/${name}`);
  }
  return value;
}

function cursorFrom(query: Queried, list: string): Cursor | undefined {
  const text = query['cursor'];
  if (typeof text !== 'string') return undefined;
  const cursor = readCursor(text);
  if (cursor?.list !== list) throw new Problem(400, 'cursor_is_malformed', '/query/cursor');
  return cursor;
}
