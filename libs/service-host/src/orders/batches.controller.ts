import { Body, Controller, Headers, HttpCode, Post, Req, type Type } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiProperty } from '@nestjs/swagger';
import type { OrderService } from '@writ/contracts';
import { ArrayMaxSize, ArrayMinSize, IsArray } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { speakerOf } from '../command-context.js';
import type { OpenHost } from '../host.process.js';
import { Problem } from '../problem.js';
import { checkOrder, type OrderCommand } from './check-order.js';
import { inLanes } from './lanes.js';
import { placeOrder, refusedOutcome, type OrderOutcome } from './place-order.process.js';
import { fieldInRow, readRow } from './read-row.js';

const ROWS_MAX = 1_000;
/** Side by side; what waits for the ledger is committed together. */
const AT_ONCE = 32;

class BatchBody {
  @ApiProperty({
    type: [Object],
    description: 'Rows {id, type, data}: `id` is an Idempotency-Key, the rest as over Kafka.',
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(ROWS_MAX)
  orders: unknown[];
}

class BatchAnswer {
  @ApiProperty({
    type: [Object],
    description: 'One per row, in their order: {id?, status, result | problem}.',
  })
  results: object[];
}

type RowResult = OrderOutcome & { id?: string };

/** `POST /{service}/v1/batches`: orders as over Kafka, each answered by itself. */
export function batchesController(service: OrderService, host: OpenHost): Type<unknown> {
  @Controller(`${service}/v1/batches`)
  class BatchesController {
    @Post()
    @HttpCode(200)
    @ApiOperation({ summary: `Up to ${ROWS_MAX} orders at once, one result per row.` })
    @ApiHeader({ name: 'Writ-Authority', required: true })
    @ApiHeader({ name: 'Writ-Actor', required: true })
    @ApiOkResponse({ type: BatchAnswer })
    async place(
      @Req() { id: correlation }: FastifyRequest,
      @Headers() headers: Record<string, string | undefined>,
      @Body() { orders }: BatchBody,
    ): Promise<{ results: RowResult[] }> {
      const speaker = speakerOf(headers);
      const results: RowResult[] = [];
      const commands = orders.map((row, index): (OrderCommand & { id: string }) | undefined => {
        const read = readRow(row);
        const named = read.id === undefined ? {} : { id: read.id };
        try {
          if ('problem' in read) throw read.problem;
          const fields = { type: '/type', data: '/data' };
          return { id: read.id, ...checkOrder(service, read, fields) };
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
          results[index] = { ...named, ...refusedOutcome(error, correlation) };
          return undefined;
        }
      });
      const lanes = commands.map((command) => command?.lane);
      await inLanes(lanes, AT_ONCE, async (index) => {
        const command = commands[index];
        if (!command) return;
        const { id } = command;
        const ofRow = { ...speaker, 'idempotency-key': id, ...tracing(headers) };
        const outcome = await placeOrder(host, command, ofRow, 'api', fieldInRow);
        results[index] = { id, ...outcome };
      });
      return { results };
    }
  }
  Object.defineProperty(BatchesController, 'name', { value: `${service}BatchesController` });
  return BatchesController;
}

function tracing({ traceparent }: Record<string, string | undefined>): Record<string, string> {
  return traceparent === undefined ? {} : { traceparent };
}
