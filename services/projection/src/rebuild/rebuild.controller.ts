import { Body, Controller, Get, Headers, HttpCode, Inject, Post, Query } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiQuery } from '@nestjs/swagger';
import { Type } from '@sinclair/typebox';
import type {
  RebuildAcceptance,
  RebuildDifferences,
  RebuildReport,
  RootResponse,
} from '@writ/contracts';
import { onlyParameters, Problem, problemOf } from '@writ/service-host';
import { liveState } from '../projection.consumer.js';
import { PROJECTION_PARTS, type ProjectionParts } from '../projection-parts.process.js';
import { atOneMoment } from '../record/history.postgres.js';
import { isReachedEverywhere } from '../status/answer-status.js';
import { bodyCheck, Code, readTokens } from '../status/status-request.js';
import { MALFORMED } from '../status/status.server.js';
import { whenReached } from '../status/when-reached.process.js';
import { differenceCursorOf, readDifferenceCursor } from './difference-cursor.js';
import { readRoots, rootOf } from './rebuild-state.postgres.js';

const AcceptanceBody = Type.Object({ by: Code }, { additionalProperties: false });
const checkAcceptance = bodyCheck<RebuildAcceptance>(AcceptanceBody);
const ACTOR = /^(person|system):[a-z0-9][a-z0-9._:-]{0,119}$/;
const LIMIT = 100;
const LIMIT_MAX = 1_000;
const TIMEOUT_MS = 60_000;

/** The root of the state, and folding it anew beside the one that answers. */
@Controller('projection/v1')
export class RebuildController {
  constructor(@Inject(PROJECTION_PARTS) private readonly parts: ProjectionParts) {}

  @Get('root')
  @ApiOperation({ summary: 'The root of the projected state, per bucket and in all.' })
  @ApiQuery({
    name: 'atLeast',
    required: false,
    description: `Receipt token(s), by commas; every bucket is waited for, ${TIMEOUT_MS} ms at most.`,
  })
  root(@Query() query: Record<string, unknown>): Promise<RootResponse> {
    onlyParameters(query, ['atLeast']);
    const { atLeast } = query;
    const points = readTokens(
      typeof atLeast === 'string' ? atLeast.split(',') : [],
      '/query/atLeast',
    );
    if (points.kind === 'refuse') throw problemOf(points.refusal, MALFORMED);
    const waiting = { points: points.events, lookups: [], timeoutMs: TIMEOUT_MS };
    return whenReached(waiting, this.parts, () =>
      atOneMoment(this.parts.reader, async (db, progress) => {
        if (!isReachedEverywhere(progress, points.events)) return undefined;
        const { foldVersion } = await liveState(db);
        return rootOf(await readRoots(db, progress.set), foldVersion);
      }),
    );
  }

  @Post('rebuild')
  @HttpCode(202)
  @ApiOperation({ summary: 'Folds every ledger anew beside the live state and compares roots.' })
  start(): Promise<RebuildReport> {
    return this.parts.rebuilder.start();
  }

  @Get('rebuild')
  @ApiOperation({ summary: 'How far the newest rebuild has come, or what came of it.' })
  async newest(): Promise<RebuildReport> {
    const report = await this.parts.rebuilder.newest();
    if (!report) throw new Problem(404, 'no_rebuild_was_started');
    return report;
  }

  @Get('rebuild/differences')
  @ApiOperation({ summary: 'What a new fold version makes otherwise, subject by subject.' })
  @ApiQuery({ name: 'limit', required: false, description: `At most ${LIMIT_MAX}.` })
  @ApiQuery({ name: 'cursor', required: false, description: 'Of the page before.' })
  async differences(@Query() query: Record<string, unknown>): Promise<RebuildDifferences> {
    onlyParameters(query, ['limit', 'cursor']);
    const limit = limitOf(query['limit']);
    const after = cursorFrom(query['cursor']);
    const { rebuild } = after ?? (await this.newest());
    const differences = await this.parts.rebuilder.differences(rebuild, after, limit);
    const last = differences.at(-1);
    const page = { rebuild, differences };
    if (!last || differences.length < limit) return page;
    return { ...page, cursor: differenceCursorOf({ rebuild, ...last }) };
  }

  @Post('rebuild/acceptance')
  @HttpCode(200)
  @ApiHeader({ name: 'Writ-Actor', required: true })
  @ApiBody({ schema: AcceptanceBody as object })
  @ApiOperation({
    summary: 'Lets the newest rebuild, of another fold version, answer from now on.',
  })
  accept(
    @Body() body: unknown,
    @Headers('writ-actor') actor: string | undefined,
  ): Promise<RebuildReport> {
    if (!actor) throw new Problem(400, 'actor_is_missing', '/headers/writ-actor');
    if (!ACTOR.test(actor)) throw new Problem(400, 'actor_is_malformed', '/headers/writ-actor');
    const checked = checkAcceptance(body);
    if (checked.kind === 'refuse') throw problemOf(checked.refusal, MALFORMED);
    return this.parts.rebuilder.accept({ ...checked.events[0]!, actor });
  }
}

function limitOf(given: unknown): number {
  if (given === undefined) return LIMIT;
  const limit = typeof given === 'string' && /^\d{1,5}$/.test(given) ? Number(given) : 0;
  if (limit >= 1 && limit <= LIMIT_MAX) return limit;
  throw new Problem(400, 'query_is_malformed', '/query/limit');
}

function cursorFrom(given: unknown) {
  if (given === undefined) return undefined;
  const cursor = typeof given === 'string' ? readDifferenceCursor(given) : undefined;
  if (!cursor) throw new Problem(400, 'cursor_is_malformed', '/query/cursor');
  return cursor;
}
