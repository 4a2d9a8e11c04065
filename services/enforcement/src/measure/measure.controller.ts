import { Body, Controller, Get, Inject, Post, Query, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiQuery,
} from '@nestjs/swagger';
import { isInstant } from '@writ/law';
import { durationMs } from '@writ/law';
import {
  Command,
  onlyParameters,
  Problem,
  problemDocument,
  problemOf,
  SERVICE_HOST,
  wholeNumber,
  type CommandContext,
  type ProblemStatus,
  type ServiceHost,
} from '@writ/service-host';
import type { FastifyReply } from 'fastify';
import type { AcknowledgementRefusal } from './acknowledge-measure.js';
import { ACKNOWLEDGEMENTS_SCHEMA, pointer, readAcknowledgements } from './acknowledgement-body.js';
import { AcknowledgementDesk, type RowOutcome } from './acknowledgement-desk.js';
import {
  MeasureRepository,
  type OpenLifting,
  type OpenLiftingCursor,
} from './measure.repository.js';

const STATUSES: Partial<Record<AcknowledgementRefusal, ProblemStatus>> = {
  measure_is_unknown: 404,
};
const PAGE_DEFAULT = 1_000;
const PAGE_MAX = 5_000;

/** What implementers say, and what they still owe. */
@Controller('enforcement/v1')
export class MeasureController {
  constructor(
    @Inject(SERVICE_HOST) private readonly host: ServiceHost,
    @Inject(AcknowledgementDesk) private readonly desk: AcknowledgementDesk,
    @Inject(MeasureRepository) private readonly measures: MeasureRepository,
  ) {}

  @Post('acknowledgements')
  @ApiOperation({ summary: 'What an implementer did: one acknowledgement, or a batch of them.' })
  @ApiBody({ schema: ACKNOWLEDGEMENTS_SCHEMA as object })
  @ApiCreatedResponse({ description: 'Recorded: `{ receipt, measureId }`, or one result per row.' })
  async acknowledge(
    @Command() context: CommandContext,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    const read = readAcknowledgements(body);
    if (read.kind === 'refuse') throw new Problem(400, read.refusal.reason, read.refusal.field);
    const [given] = read.events;
    if (!given) throw new Error('a body that is read has rows');
    const outcomes = await this.desk.acknowledge(given.rows, context);
    const [first] = outcomes;
    if (given.single && first) {
      if (first.outcome === 'refused') throw problemOf(first.refusal, STATUSES);
      return { receipt: first.receipt, measureId: first.measureId };
    }
    const refused = outcomes.some(({ outcome }) => outcome === 'refused');
    void reply.status(refused ? 207 : 201);
    return { results: outcomes.map((row, index) => resultOf(row, index, context.correlation)) };
  }

  @Get('open-liftings')
  @ApiOperation({ summary: 'Measures to be lifted whose implementer has not said that they are.' })
  @ApiQuery({ name: 'implementer', required: false })
  @ApiQuery({ name: 'olderThan', required: false, description: 'ISO 8601 duration, e.g. PT12H.' })
  @ApiQuery({ name: 'after', required: false, description: '`next` of the page before.' })
  @ApiQuery({ name: 'limit', required: false, description: `At most ${PAGE_MAX}.` })
  @ApiOkResponse({ description: '`{ openLiftings, next? }`, longest open first.' })
  async openLiftings(
    @Query() query: Record<string, unknown>,
  ): Promise<{ openLiftings: OpenLifting[]; next?: string }> {
    onlyParameters(query, ['implementer', 'olderThan', 'after', 'limit']);
    const limit = wholeNumber(query, 'limit', { least: 1, most: PAGE_MAX, absent: PAGE_DEFAULT });
    const olderThan = durationOf(query['olderThan']);
    const since = new Date(this.host.clock.now().getTime() - olderThan);
    const implementer = codeOf(query['implementer']);
    const after = cursorOf(query['after']);
    await this.desk.catchUp();
    const openLiftings = await this.measures.openLiftings({ implementer, since, after, limit });
    const last = openLiftings.at(-1);
    if (openLiftings.length < limit || !last) return { openLiftings };
    const next = Buffer.from(`${last.since} ${last.measureId}`).toString('base64url');
    return { openLiftings, next };
  }
}

function resultOf(row: RowOutcome, index: number, correlation: string): object {
  const { measureId } = row;
  if (row.outcome === 'recorded') return { outcome: 'recorded', measureId, receipt: row.receipt };
  const { reason, field = '', status, detail } = problemOf(row.refusal, STATUSES);
  const at = { reason, field: `${pointer(index, false)}${field}`, status, detail };
  return { outcome: 'refused', measureId, problem: problemDocument(at, correlation) };
}

function durationOf(value: unknown): number {
  if (value === undefined) return 0;
  const ms = typeof value === 'string' ? durationMs(value) : undefined;
  if (ms === undefined) throw new Problem(400, 'query_is_malformed', '/query/olderThan');
  return ms;
}

function codeOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && /^[a-z0-9][a-z0-9._:-]{0,119}$/.test(value)) return value;
  throw new Problem(400, 'query_is_malformed', '/query/implementer');
}

function cursorOf(value: unknown): OpenLiftingCursor | undefined {
  if (value === undefined) return undefined;
  const text = typeof value === 'string' ? Buffer.from(value, 'base64url').toString('latin1') : '';
  const [, since, measureId] = /^(\S+) ([0-9a-f]{64})$/.exec(text) ?? [];
  if (since === undefined || measureId === undefined || !isInstant(since)) {
    throw new Problem(400, 'query_is_malformed', '/query/after');
  }
  return { since, measureId };
}
