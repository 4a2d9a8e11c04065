import { Body, Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation } from '@nestjs/swagger';
import { handle } from '@writ/decider';
import { Command, Problem, SERVICE_HOST } from '@writ/service-host';
import type { CommandContext, ServiceHost } from '@writ/service-host';
import { factsOf, recorded } from '../answer.js';
import { ListingAnswer } from '../answer.dto.js';
import { readCase, readCaseFile, readListing } from '../case/case-file.js';
import { caseStream, listingStream, type CourtContext } from '../court-context.js';
import { COURT_SETTINGS, type CourtSettings } from '../settings.js';
import { correctListing } from './correct-listing.js';
import { correctObligation } from './correct-obligation.js';
import {
  CorrectListingBody,
  CorrectObligationBody,
  ObligationCorrectedAnswer,
  PerformanceReversedAnswer,
  RetractBody,
  ReversePerformanceBody,
} from './mistake.dto.js';
import { retract } from './retract.js';
import { reversePerformance } from './reverse-performance.js';

/** HTTP ↔ commands that put right what was recorded; no rules. */
@Controller('court/v1')
export class MistakeController {
  constructor(
    @Inject(SERVICE_HOST) private readonly host: ServiceHost,
    @Inject(COURT_SETTINGS) private readonly settings: CourtSettings,
  ) {}

  @Post('listings/:listing/correction')
  @HttpCode(201)
  @ApiOperation({ summary: 'What a listing should have said from the start: its terms, whole.' })
  @ApiCreatedResponse({ type: ListingAnswer })
  async correctListing(
    @Command() command: CommandContext,
    @Param('listing') listing: string,
    @Body() body: CorrectListingBody,
  ) {
    mustBeAListingId(listing);
    const { expectedVersion, ...terms } = body;
    const result = await handle(
      this.host.writer(),
      command,
      async (read) =>
        correctListing(await readListing(read, listing), terms, this.contextOf(command)),
      this.optionsOf(listingStream(listing), expectedVersion),
    );
    return { receipt: recorded(result).receipt, listing };
  }

  @Post('listings/:listing/retraction')
  @HttpCode(201)
  @ApiOperation({ summary: 'Take back a listing recorded by mistake, as if it never was.' })
  @ApiCreatedResponse({ type: ListingAnswer })
  async retract(
    @Command() command: CommandContext,
    @Param('listing') listing: string,
    @Body() body: RetractBody,
  ) {
    mustBeAListingId(listing);
    const { expectedVersion, ...order } = body;
    const result = await handle(
      this.host.writer(),
      command,
      async (read) => retract(await readListing(read, listing), order, this.contextOf(command)),
      this.optionsOf(listingStream(listing), expectedVersion),
    );
    return { receipt: recorded(result).receipt, listing };
  }

  @Post('cases/:case/obligations/:obligation/correction')
  @HttpCode(201)
  @ApiOperation({ summary: 'What was owed from the start; what that ends, it ends at once.' })
  @ApiCreatedResponse({ type: ObligationCorrectedAnswer })
  async correctObligation(
    @Command() command: CommandContext,
    @Param('case') caseId: string,
    @Param('obligation') obligation: string,
    @Body() body: CorrectObligationBody,
  ) {
    mustBeAnId(caseId, 'unknown_case', '/path/case');
    const { expectedVersion, amount } = body;
    const result = await handle(
      this.host.writer(),
      command,
      async (read) =>
        correctObligation(
          await readCaseFile(read, caseId),
          { obligation, amount },
          this.contextOf(command),
        ),
      this.optionsOf(caseStream(caseId), expectedVersion),
    );
    const answer = recorded(result);
    const fulfilled = factsOf(answer, 'court.obligation-fulfilled.v1');
    const delisted = factsOf(answer, 'court.subject-delisted.v1');
    return {
      receipt: answer.receipt,
      obligation,
      fulfilled: fulfilled.map(({ data }) => data.obligation),
      delisted: delisted.map(({ data }) => data.listing),
    };
  }

  @Post('cases/:case/performances/:performance/reversal')
  @HttpCode(201)
  @ApiOperation({ summary: 'A performance did not last; what it ended stays ended.' })
  @ApiCreatedResponse({ type: PerformanceReversedAnswer })
  async reverse(
    @Command() command: CommandContext,
    @Param('case') caseId: string,
    @Param('performance') performance: string,
    @Body() body: ReversePerformanceBody,
  ) {
    mustBeAnId(caseId, 'unknown_case', '/path/case');
    const { expectedVersion, ...order } = body;
    const result = await handle(
      this.host.writer(),
      command,
      async (read) =>
        reversePerformance(
          await readCase(read, caseId),
          { ...order, performance },
          this.contextOf(command),
        ),
      this.optionsOf(caseStream(caseId), expectedVersion),
    );
    const answer = recorded(result);
    const reversed = factsOf(answer, 'court.performance-reversed.v1');
    return {
      receipt: answer.receipt,
      performance,
      obligations: reversed.map(({ data }) => data.obligation),
    };
  }

  private contextOf({ envelope }: CommandContext): CourtContext {
    return { ...this.settings, envelope, now: this.host.clock.now() };
  }

  private optionsOf(stream: string, expectedVersion: number | undefined) {
    const jitter = (attempt: number) => this.host.jitter(attempt);
    if (expectedVersion === undefined) return { jitter };
    return { jitter, named: [{ stream, version: expectedVersion }] };
  }
}

/** What is no id names nothing; it is not worth a look at the ledger. */
function mustBeAnId(id: string, reason: string, field: string): void {
  if (!/^[0-9a-f]{32}$/.test(id)) throw new Problem(404, reason, field);
}

function mustBeAListingId(listing: string): void {
  if (/^[0-9a-f]{32}-[1-9][0-9]{0,3}$/.test(listing)) return;
  throw new Problem(404, 'unknown_listing', '/path/listing');
}
