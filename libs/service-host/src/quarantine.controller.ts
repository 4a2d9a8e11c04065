import { Body, Controller, Get, HttpCode, Post, type Type } from '@nestjs/common';
import { ApiOperation, ApiProperty } from '@nestjs/swagger';
import { LEDGERS, type LedgerName } from '@writ/contracts';
import { listQuarantine, type Quarantined } from '@writ/exchange';
import { IsIn, Matches } from 'class-validator';
import type { OpenHost } from './host.process.js';

class RetryBody {
  @ApiProperty({ enum: LEDGERS }) @IsIn(LEDGERS) ledger: LedgerName;
  @ApiProperty({ description: 'Empty: facts of the ledger that concern no subject.' })
  @Matches(/^([0-9a-f]{32})?$/)
  subject: string;
}

/**
 * `GET /{service}/v1/quarantine` and `POST /{service}/v1/quarantine/retry`, for every service that
 * consumes: whose facts wait, why, since when; and trying again.
 */
export function quarantineController(host: OpenHost): Type<unknown> {
  @Controller(`${host.service}/v1/quarantine`)
  class QuarantineController {
    @Get()
    @ApiOperation({ summary: 'Subjects whose facts wait, oldest first.' })
    async list(): Promise<{ waiting: Quarantined[] }> {
      const { consumers, pools } = host;
      const lists = consumers.map(({ name }) => listQuarantine(pools.reader, name));
      return { waiting: (await Promise.all(lists)).flat() };
    }

    @Post('retry')
    @HttpCode(200)
    @ApiOperation({ summary: 'Takes in what waits of one subject, as far as it can be.' })
    async retry(@Body() { ledger, subject }: RetryBody): Promise<{ released: boolean }> {
      let released = true;
      for (const consumer of host.consumers) {
        if (!consumer.ledgers.includes(ledger)) continue;
        const isReleased = await consumer.retry?.(ledger, subject, host.facts);
        released &&= isReleased ?? true;
      }
      return { released };
    }
  }
  const { service } = host;
  Object.defineProperty(QuarantineController, 'name', { value: `${service}QuarantineController` });
  return QuarantineController;
}
