import { Body, Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiBody, ApiOperation } from '@nestjs/swagger';
import { Type } from '@sinclair/typebox';
import { LEDGERS, type LedgerName } from '@writ/contracts';
import type { FactFetcher, Quarantined } from '@writ/exchange';
import { problemOf } from '@writ/service-host';
import type { ProjectionConsumer } from './projection.consumer.js';
import { PROJECTION_PARTS } from './projection-parts.process.js';
import { MALFORMED } from './status/status.server.js';
import { bodyCheck } from './status/status-request.js';

export type QuarantineParts = { consumer: ProjectionConsumer; facts: FactFetcher };

const RetryBody = Type.Object(
  {
    ledger: Type.Union(LEDGERS.map((ledger) => Type.Literal(ledger))),
    /** Empty: facts of the ledger that concern no subject. */
    subject: Type.String({ pattern: '^([0-9a-f]{32})?$' }),
  },
  { additionalProperties: false },
);
const checkBody = bodyCheck<{ ledger: LedgerName; subject: string }>(RetryBody);

/** Subjects set aside: who, why, since when; and trying again. */
@Controller('projection/v1/quarantine')
export class QuarantineController {
  constructor(@Inject(PROJECTION_PARTS) private readonly parts: QuarantineParts) {}

  @Get()
  @ApiOperation({ summary: 'Subjects whose facts wait, oldest first.' })
  async list(): Promise<{ waiting: Quarantined[] }> {
    return { waiting: await this.parts.consumer.quarantine() };
  }

  @Post('retry')
  @HttpCode(200)
  @ApiOperation({ summary: 'Folds what waits of one subject, as far as it can be taken in.' })
  @ApiBody({ schema: RetryBody as object })
  async retry(@Body() body: unknown): Promise<{ released: boolean }> {
    const checked = checkBody(body);
    if (checked.kind === 'refuse') throw problemOf(checked.refusal, MALFORMED);
    const { ledger, subject } = checked.events[0]!;
    return { released: await this.parts.consumer.retry(ledger, subject, this.parts.facts) };
  }
}
