import { Body, Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation } from '@nestjs/swagger';
import { handle, record } from '@writ/decider';
import { Command, Problem, SERVICE_HOST } from '@writ/service-host';
import type { CommandContext, ServiceHost } from '@writ/service-host';
import { factsOf, recorded } from '../answer.js';
import { ListingAnswer } from '../answer.dto.js';
import { readCaseFile, readListing } from '../case/case-file.js';
import { inHand } from '../case/case.js';
import { caseStream, listingStream, type CourtContext } from '../court-context.js';
import { aliasesOfRetry, resolveSubjects, type Asked } from '../resolve-subjects.client.js';
import { COURT_SETTINGS, type CourtSettings } from '../settings.js';
import { annul } from './annul.js';
import { delist } from './delist.js';
import { listSubject, type ListSubjectRefusal } from './list-subject.js';
import { AnnulBody, DelistBody, ListSubjectBody } from './listing.dto.js';

/** HTTP ↔ commands on listings; no rules. */
@Controller('court/v1/listings')
export class ListingController {
  constructor(
    @Inject(SERVICE_HOST) private readonly host: ServiceHost,
    @Inject(COURT_SETTINGS) private readonly settings: CourtSettings,
  ) {}

  @Post()
  @HttpCode(201)
  @ApiOperation({ summary: 'List a debtor of a case.' })
  @ApiCreatedResponse({ type: ListingAnswer })
  async list(@Command() command: CommandContext, @Body() body: ListSubjectBody) {
    const { case: caseId, subject, expectedVersion, ...order } = body;
    const context = this.contextOf(command);
    const asked = {
      purpose: 'court.list-subject',
      create: false,
      bodies: [subject],
      fields: ['/subject'],
    };
    const isKnown = (await this.host.writer().findKey(command.key)) !== undefined;
    let aliasSequence: number | undefined;
    const result = await handle(
      this.host.writer(),
      command,
      async (read): Asked<ListSubjectRefusal> => {
        // Whoever they are by now: `handle` answers as it did.
        if (isKnown) return record();
        const file = await readCaseFile(read, caseId);
        const open = inHand(file.case, context, '/case');
        if (open.kind === 'refuse') return open;
        const found = await resolveSubjects(this.host.identity, asked, command.correlation);
        if (found.kind === 'refuse') return found;
        aliasSequence = found.aliasSequence;
        const [id = ''] = found.subjects;
        return listSubject(file, { ...order, subject: id }, context);
      },
      this.optionsOf(caseStream(caseId), expectedVersion),
    );
    if (result.kind === 'recorded' && aliasSequence === undefined) {
      aliasSequence = await aliasesOfRetry(this.host.identity, asked, command.correlation);
    }
    const answer = recorded(result, aliasSequence);
    const [listed] = factsOf(answer, 'court.subject-listed.v1');
    return { receipt: answer.receipt, listing: listed?.data.listing };
  }

  @Post(':listing/delisting')
  @HttpCode(201)
  @ApiOperation({ summary: 'End a listing by order, from now on.' })
  @ApiCreatedResponse({ type: ListingAnswer })
  async delist(
    @Command() command: CommandContext,
    @Param('listing') listing: string,
    @Body() body: DelistBody,
  ) {
    mustBeAListingId(listing);
    const { expectedVersion, ...order } = body;
    const result = await handle(
      this.host.writer(),
      command,
      async (read) => delist(await readListing(read, listing), order, this.contextOf(command)),
      this.optionsOf(listingStream(listing), expectedVersion),
    );
    return { receipt: recorded(result).receipt, listing };
  }

  @Post(':listing/annulment')
  @HttpCode(201)
  @ApiOperation({ summary: 'Declare a listing void, as if it never was.' })
  @ApiCreatedResponse({ type: ListingAnswer })
  async annul(
    @Command() command: CommandContext,
    @Param('listing') listing: string,
    @Body() body: AnnulBody,
  ) {
    mustBeAListingId(listing);
    const { expectedVersion, ...order } = body;
    const result = await handle(
      this.host.writer(),
      command,
      async (read) => annul(await readListing(read, listing), order, this.contextOf(command)),
      this.optionsOf(listingStream(listing), expectedVersion),
    );
    return { receipt: recorded(result).receipt, listing };
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

/** What is no listing id names none. */
function mustBeAListingId(listing: string): void {
  if (/^[0-9a-f]{32}-[1-9][0-9]{0,3}$/.test(listing)) return;
  throw new Problem(404, 'unknown_listing', '/path/listing');
}
