import { Controller, Get, Headers, Query, Res, type Type } from '@nestjs/common';
import {
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiProduces,
  ApiProperty,
  ApiQuery,
} from '@nestjs/swagger';
import type { AuthoritiesPage, FactsPage, LedgerName } from '@writ/contracts';
import { readAuthorities } from '@writ/ledger';
import type { FastifyReply } from 'fastify';
import { mustBeOfEpoch, startOfStream, streamFacts, untilOver } from './facts-stream.process.js';
import { Problem } from './problem.js';
import { onlyParameters, wholeNumber } from './query-parameters.js';
import type { ServiceHost } from './service.process.js';

const LIMIT_DEFAULT = 1_000;
const LIMIT_MAX = 5_000;
const WAIT_MS_MAX = 30_000;

/** Documents the page; the facts themselves are in AsyncAPI. */
class FactsPageBody {
  @ApiProperty() ledger: string;
  @ApiProperty() epoch: number;
  @ApiProperty({ description: "The ledger's size when the page was read." }) size: number;
  @ApiProperty({ description: 'Hex RFC 6962 root over that many facts.' }) root: string;
  @ApiProperty({ type: [Object] }) facts: object[];
  @ApiProperty({ description: 'Pass as `after` to go on.' }) next: number;
}

class AuthoritiesBody {
  @ApiProperty() ledger: string;
  @ApiProperty({ description: 'By whose clock ages are told.' }) at: string;
  @ApiProperty({ type: [Object], description: '{ authority, submissions, lastRecordedAt } each.' })
  authorities: object[];
}

/** `GET /{service}/v1/authorities`: who has submitted how much, and when last. */
export function authoritiesController(ledger: LedgerName, host: ServiceHost): Type<unknown> {
  @Controller(`${ledger}/v1/authorities`)
  class AuthoritiesController {
    @Get()
    @ApiOperation({ summary: `Authorities of the ${ledger} ledger and their last submissions.` })
    @ApiOkResponse({ type: AuthoritiesBody })
    async list(@Query() query: Record<string, unknown>): Promise<AuthoritiesPage> {
      onlyParameters(query, []);
      const authorities = await readAuthorities(host.pools.reader);
      return { ledger, at: host.clock.now().toISOString(), authorities };
    }
  }
  Object.defineProperty(AuthoritiesController, 'name', { value: `${ledger}AuthoritiesController` });
  return AuthoritiesController;
}

/** `GET /{service}/v1/facts?after=P&limit=&wait=`: a ledger in order, pages and long-poll. */
export function factsController(ledger: LedgerName, host: ServiceHost): Type<unknown> {
  @Controller(`${ledger}/v1/facts`)
  class FactsController {
    @Get()
    @ApiOperation({ summary: `Facts of the ${ledger} ledger after a position, in order.` })
    @ApiQuery({ name: 'after', required: false, description: 'Position; -1 from the start.' })
    @ApiQuery({ name: 'limit', required: false, description: `At most ${LIMIT_MAX}.` })
    @ApiQuery({ name: 'wait', required: false, description: 'Milliseconds to wait for a fact.' })
    @ApiQuery({
      name: 'epoch',
      required: false,
      description: 'Of the fact at `after`: refuse another.',
    })
    @ApiOkResponse({ type: FactsPageBody })
    async page(@Query() query: Record<string, unknown>): Promise<FactsPage> {
      onlyParameters(query, ['after', 'limit', 'wait', 'epoch']);
      const after = wholeNumber(query, 'after', { least: -1, most: 2 ** 53 - 1, absent: -1 });
      const limit = wholeNumber(query, 'limit', {
        least: 1,
        most: LIMIT_MAX,
        absent: LIMIT_DEFAULT,
      });
      const waitMs = wholeNumber(query, 'wait', { least: 0, most: WAIT_MS_MAX, absent: 0 });
      const epochAsked = wholeNumber(query, 'epoch', { least: 1, most: 2 ** 31 - 1, absent: 0 });
      const reader = host.reader();
      if (epochAsked > 0) await mustBeOfEpoch(reader, after, epochAsked, '/query/epoch');
      let page = await reader.readFrom(after, limit);
      // Whoever holds more than the ledger must hear of it, or takes itself for current.
      if (after >= page.head.size) throw new Problem(409, 'position_is_not_there', '/query/after');
      if (page.facts.length === 0 && waitMs > 0) {
        await untilOver(host.stopping, reader.grownBeyond(after + 1, waitMs));
        page = await reader.readFrom(after, limit);
      }
      const { facts, head } = page;
      const next = facts.at(-1)?.position ?? after;
      const { epoch, size, root } = head;
      return { ledger, epoch, size, root, facts, next };
    }

    @Get('stream')
    @ApiOperation({
      summary: `Facts of the ${ledger} ledger after a position as server-sent events, and new ones.`,
    })
    @ApiQuery({ name: 'after', required: false, description: 'Position; -1 from the start.' })
    @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'Goes on behind it.' })
    @ApiProduces('text/event-stream')
    async stream(
      @Query() query: Record<string, unknown>,
      @Headers('last-event-id') lastEventId: string | undefined,
      @Res() reply: FastifyReply,
    ): Promise<void> {
      onlyParameters(query, ['after']);
      const asked = wholeNumber(query, 'after', { least: -1, most: 2 ** 53 - 1, absent: -1 });
      const reader = host.reader();
      const after = await startOfStream(reader, asked, lastEventId);
      reply.hijack();
      const { stopping } = host;
      // Trouble of the ledger ends the line: who reads it comes back behind the last fact heard.
      await streamFacts(reply.raw, reader, { after, stopping }).catch(() => reply.raw.destroy());
    }
  }
  Object.defineProperty(FactsController, 'name', { value: `${ledger}FactsController` });
  return FactsController;
}
