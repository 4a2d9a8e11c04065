import { Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { RebuildReport, RootResponse } from '@writ/contracts';
import { Problem } from '@writ/service-host';
import { PROJECTION_PARTS, type ProjectionParts } from '../projection-parts.process.js';
import { atOneMoment } from '../record/history.postgres.js';
import { readRoots, rootOf } from './rebuild-state.postgres.js';

/** The root of the state, and folding it anew beside the one that answers. */
@Controller('projection/v1')
export class RebuildController {
  constructor(@Inject(PROJECTION_PARTS) private readonly parts: ProjectionParts) {}

  @Get('root')
  @ApiOperation({ summary: 'The root of the projected state, per bucket and in all.' })
  root(): Promise<RootResponse> {
    return atOneMoment(this.parts.reader, async (db, { set }) => rootOf(await readRoots(db, set)));
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
}
