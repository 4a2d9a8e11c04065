import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiQuery } from '@nestjs/swagger';
import type {
  AnswerPosition,
  CurrentTo,
  ListCounts,
  ListEntries,
  Undetermined,
} from '@writ/contracts';
import { onlyParameters, Problem, problemOf, wholeNumber } from '@writ/service-host';
import type { PoolClient } from 'pg';
import { legalTimeOf } from '../answer/answer.js';
import {
  currentTo,
  everyBucket,
  MAX_AGE_SECONDS,
  referenceSetAside,
  subjectSetAside,
  stalenessOfLists,
} from '../answer/staleness.js';
import { LIVE_CONSUMER } from '../projection.consumer.js';
import { PROJECTION_PARTS, type ProjectionParts } from '../projection-parts.process.js';
import { ALL_SUBJECT_BUCKETS, isReachedEverywhere } from '../status/answer-status.js';
import { MALFORMED } from '../status/status.server.js';
import { readTokens } from '../status/status-request.js';
import { whenReached } from '../status/when-reached.process.js';
import { positionOf, type Progress } from '../store/progress.js';
import { readTimes, whenAnswered, type AskedTimes } from '../times.js';
import { countsAt } from './describe-record.js';
import {
  atOneMoment,
  countActive,
  pageActive,
  readQuarantine,
  readReference,
  type SetAside,
} from './history.postgres.js';
import { ageAsked, knownPositions } from './known-at.postgres.js';
import { cursorOf, readCursor, type Cursor } from './list-cursor.js';

type Queried = Readonly<Record<string, unknown>>;

const COUNT_PARAMETERS = ['asOf', 'zone', 'knownAt', 'atLeast', 'settled', 'maxAge', 'timeout'];
const CODE = /^[a-z0-9][a-z0-9._:-]{0,119}$/;
const TIMEOUT_MS = 5_000;
const LIMIT_MAX = 5_000;
const YEAR_SECONDS = 31_536_000;

/** How many entries of a list are in force, and which: at one position for all buckets. */
@Controller('projection/v1/lists/:list')
export class ListsController {
  constructor(@Inject(PROJECTION_PARTS) private readonly parts: ProjectionParts) {}

  @Get()
  @ApiOperation({ summary: 'Entries in force and their subjects, counted.' })
  @ApiParam({ name: 'list' })
  @ApiQuery({ name: 'asOf', required: false, description: 'Instant or local date; default now.' })
  @ApiQuery({ name: 'zone', required: false, description: 'Of a date; default UTC.' })
  @ApiQuery({ name: 'knownAt', required: false, description: 'Instant, date, or court:1,…' })
  @ApiQuery({ name: 'atLeast', required: false, description: 'Receipt token(s), by commas.' })
  @ApiQuery({ name: 'settled', required: false, description: 'true: wait until all is current.' })
  @ApiQuery({ name: 'maxAge', required: false, description: 'Seconds; default 60.' })
  @ApiQuery({ name: 'timeout', required: false, description: 'Milliseconds; default 5,000.' })
  async count(@Param('list') list: string, @Query() query: Queried): Promise<ListCounts> {
    checkParameters(list, query, COUNT_PARAMETERS);
    const times = this.times(query);
    return this.whenReached(query, times, async (db, { progress, known, ...read }) => {
      const when = whenAnswered(times.when, this.parts.clock.now());
      const kind = await this.kindOf(db, progress.set, list, known);
      const counts = await countActive(db, progress.set, { list, when, known });
      const subjects = read.aside.filter(({ subject }) => subject !== '');
      const quarantined = new Set(subjects.map(({ subject }) => subject)).size;
      const asOf = legalTimeOf(when);
      return { list, kind, ...counts, asOf, position: known, ...read.standing, quarantined };
    });
  }

  @Get('entries')
  @ApiOperation({ summary: 'Entries in force, page by page; the cursor pins the times.' })
  @ApiParam({ name: 'list' })
  @ApiQuery({ name: 'asOf', required: false })
  @ApiQuery({ name: 'zone', required: false })
  @ApiQuery({ name: 'knownAt', required: false })
  @ApiQuery({ name: 'atLeast', required: false })
  @ApiQuery({ name: 'settled', required: false })
  @ApiQuery({ name: 'maxAge', required: false })
  @ApiQuery({ name: 'timeout', required: false })
  @ApiQuery({ name: 'limit', required: false, description: `At most ${LIMIT_MAX}.` })
  @ApiQuery({ name: 'cursor', required: false, description: 'Of the page before.' })
  async entries(@Param('list') list: string, @Query() query: Queried): Promise<ListEntries> {
    checkParameters(list, query, [...COUNT_PARAMETERS, 'limit', 'cursor']);
    const limit = wholeNumber(query, 'limit', { least: 1, most: LIMIT_MAX, absent: 1_000 });
    const asked = this.times(query);
    const cursor = cursorFrom(query, list);
    const times: AskedTimes = cursor
      ? { when: cursor.when, knownAt: { kind: 'positions', positions: cursor.known } }
      : asked;
    return this.whenReached(query, times, async (db, { progress, known, standing }) => {
      await this.kindOf(db, progress.set, list, known);
      const { when = whenAnswered(times.when, this.parts.clock.now()), after } = cursor ?? {};
      const entries = await pageActive(db, progress.set, { list, when, known }, after, limit);
      const last = entries.at(-1);
      const page = { list, asOf: legalTimeOf(when), position: known, ...standing, entries };
      if (!last || entries.length < limit) return page;
      return { ...page, cursor: cursorOf({ list, when, known, after: last }) };
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

  /** Reads at one moment, once that stands where it was asked to. */
  private whenReached<T>(
    query: Queried,
    times: AskedTimes,
    read: (db: PoolClient, moment: Moment) => Promise<T>,
  ): Promise<T> {
    const tokens = typeof query['atLeast'] === 'string' ? query['atLeast'].split(',') : [];
    const points = readTokens(tokens, '/query/atLeast');
    if (points.kind === 'refuse') throw problemOf(points.refusal, MALFORMED);
    const timeoutMs = wholeNumber(query, 'timeout', { least: 0, most: 60_000, absent: TIMEOUT_MS });
    const ages = { least: 0, most: YEAR_SECONDS, absent: MAX_AGE_SECONDS };
    const maxAgeMs = wholeNumber(query, 'maxAge', ages) * 1_000;
    const settled = flag(query, 'settled');
    const waiting = { points: points.events, lookups: [], timeoutMs };
    return whenReached(waiting, this.parts, () =>
      atOneMoment(this.parts.reader, async (db, progress) => {
        if (!isReachedEverywhere(progress, points.events)) return undefined;
        const newest = { now: this.parts.clock.now(), maxAgeMs };
        if (settled && stalenessOfLists(progress, newest).length > 0) return undefined;
        const folded = positionOf(progress, ALL_SUBJECT_BUCKETS);
        const asked = await knownPositions(db, progress.set, times.knownAt, folded);
        if (!asked) return undefined;
        const known = asked.positions;
        const all = await readQuarantine(db, LIVE_CONSUMER);
        const aside = all.filter((one) => countsAt(one, known));
        const age = ageAsked(asked, newest);
        const stale = age ? stalenessOfLists(progress, age) : [];
        const undetermined = [...setAsideIn(aside), ...stale];
        const standing = {
          currentTo: currentTo(progress, everyBucket),
          ...(undetermined.length > 0 ? { undetermined } : {}),
        };
        return read(db, { progress, known, aside, standing });
      }),
    );
  }

  private async kindOf(
    db: Parameters<typeof readReference>[0],
    set: Parameters<typeof readReference>[1],
    list: string,
    known: AnswerPosition,
  ): Promise<string> {
    const [found] = await readReference(db, set, [`list/${list}`], []);
    const item = found?.[1];
    const versions = item?.kind === 'list' ? item.versions : [];
    const declared = versions.findLast(({ position }) => position <= known['regulatory.reference']);
    if (!declared && versions.length === 0) throw new Problem(404, 'list_is_unknown');
    return declared?.kind ?? 'not-known';
  }
}

/** What was read together, and how well it stands. */
type Moment = {
  progress: Progress;
  known: AnswerPosition;
  /** What waits among the facts that count. */
  aside: readonly SetAside[];
  standing: { currentTo: CurrentTo; undetermined?: Undetermined[] };
};

/**
 * Lists and memoranda set aside: what a list is, or is about, may have changed. Subjects set aside:
 * which entries they have is not known, whatever the list.
 */
function setAsideIn(aside: readonly SetAside[]): Undetermined[] {
  const reference = aside.filter(
    ({ ledger, subject }) => ledger === 'regulatory' && subject === '',
  );
  const subjects = aside.filter(
    ({ ledger, subject }) => ledger !== 'enforcement' && subject !== '',
  );
  const [first] = subjects.map(({ since }) => since).sort();
  return [
    ...reference.map(({ since }) => referenceSetAside(since)),
    ...(first === undefined ? [] : [subjectSetAside(first)]),
  ];
}

function flag(query: Queried, name: string): boolean {
  const text = query[name] ?? 'false';
  if (text === 'true' || text === 'false') return text === 'true';
  throw new Problem(400, 'query_is_malformed', `/query/${name}`);
}

function checkParameters(list: string, query: Queried, allowed: readonly string[]): void {
  if (!CODE.test(list)) throw new Problem(400, 'list_is_malformed');
  onlyParameters(query, allowed);
}

function cursorFrom(query: Queried, list: string): Cursor | undefined {
  const text = query['cursor'];
  if (typeof text !== 'string') return undefined;
  const cursor = readCursor(text);
  if (cursor?.list !== list) throw new Problem(400, 'cursor_is_malformed', '/query/cursor');
  return cursor;
}
