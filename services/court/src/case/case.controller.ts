import { Body, Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { handle, record } from '@writ/decider';
import { Command, Problem, SERVICE_HOST } from '@writ/service-host';
import type { CommandContext, ServiceHost } from '@writ/service-host';
import { factsOf, recorded } from '../answer.js';
import {
  CaseAnswer,
  CaseOpenedAnswer,
  NoticeAnswer,
  ObligationsAnswer,
  PerformanceAnswer,
} from '../answer.dto.js';
import { caseStream, type CourtContext } from '../court-context.js';
import {
  aliasesOfRetry,
  resolveSubjects,
  type Asked,
  type SubjectsAsked,
} from '../resolve-subjects.client.js';
import { COURT_SETTINGS, type CourtSettings } from '../settings.js';
import { readCase, readCaseFile } from './case-file.js';
import {
  DebtorBody,
  EstablishObligationBody,
  OpenCaseBody,
  RecordPerformanceBody,
  ServeNoticeBody,
} from './case.dto.js';
import { inHand, type Case } from './case.js';
import { describeCase } from './describe-case.js';
import { establishObligation, type EstablishObligationRefusal } from './establish-obligation.js';
import { openCase } from './open-case.js';
import { recordPerformance } from './record-performance.js';
import { serveNotice, type ServeNoticeRefusal } from './serve-notice.js';

/** HTTP ↔ commands on a case; no rules. */
@Controller('court/v1/cases')
export class CaseController {
  constructor(
    @Inject(SERVICE_HOST) private readonly host: ServiceHost,
    @Inject(COURT_SETTINGS) private readonly settings: CourtSettings,
  ) {}

  @Post()
  @HttpCode(201)
  @ApiOperation({ summary: 'Open an enforcement case on an instrument.' })
  @ApiCreatedResponse({ type: CaseOpenedAnswer })
  async open(@Command() command: CommandContext, @Body() body: OpenCaseBody) {
    const id = command.derive('case');
    const caseNumberRef = command.derive('case-number');
    const numberRef = command.derive('instrument-number');
    const { kind, issuer, effectiveOn, number } = body.instrument;
    const texts = [
      { ref: caseNumberRef, owner: id, kind: 'case-number' as const, text: body.caseNumber },
      { ref: numberRef, owner: id, kind: 'instrument-number' as const, text: number },
    ];
    const instrument = { kind, numberRef, issuer, effectiveOn };
    const opening = { case: id, caseNumberRef, instrument };
    const isKnown = (await this.host.writer().findKey(command.key)) !== undefined;
    const result = await handle(
      this.host.writer(),
      command,
      async (read) => {
        // Its texts may have been erased since with its debtors: `handle` answers as it did.
        if (isKnown) return record();
        const decided = openCase(await readCase(read, id), opening, this.contextOf(command));
        if (decided.kind === 'refuse') return decided;
        await this.host.identity.sealTexts({ texts }, command.correlation);
        return decided;
      },
      this.host,
    );
    return { receipt: recorded(result).receipt, case: id };
  }

  @Post(':case/obligations')
  @HttpCode(201)
  @ApiOperation({ summary: 'Establish what a debtor, or several jointly, must do.' })
  @ApiCreatedResponse({ type: ObligationsAnswer })
  async establish(
    @Command() command: CommandContext,
    @Param('case') caseId: string,
    @Body() body: EstablishObligationBody,
  ) {
    mustBeAnId(caseId);
    const { debtors, expectedVersion, ...owed } = body;
    const context = this.contextOf(command);
    const establish = (state: Case, subjects: readonly string[]) => {
      const owing = subjects.map((subject, index) => {
        return { obligation: command.derive(`obligation-${index}`), subject };
      });
      const jointWith = command.derive('joint-with');
      return establishObligation(state, { ...owed, debtors: owing, jointWith }, context);
    };
    const isKnown = (await this.host.writer().findKey(command.key)) !== undefined;
    let aliasSequence: number | undefined;
    const result = await handle(
      this.host.writer(),
      command,
      async (read): Asked<EstablishObligationRefusal> => {
        let version = 0;
        const state = await readCase(async (stream) => {
          const events = await read(stream);
          version = events.length;
          return events;
        }, caseId);
        // Nobody is created for what is not recorded, or was before they were erased: `handle`
        // says which it is.
        if (isKnown || version !== (expectedVersion ?? version)) return record();
        // Nor for what is refused whoever the debtors are; the same identifiers are one debtor.
        const unresolved = establish(
          state,
          debtors.map(({ identifiers }) => JSON.stringify(identifiers)),
        );
        if (unresolved.kind === 'refuse') return unresolved;
        const found = await this.debtors(debtors.map(withoutName), true, command);
        if (found.kind === 'refuse') return found;
        const { subjects } = found;
        const decided = establish(state, subjects);
        if (decided.kind === 'refuse') return decided;
        // What is refused leaves no name behind.
        if (debtors.some(({ name }) => name !== undefined)) {
          await this.debtors(debtors, true, command);
        }
        // Before it is recorded: with its last debtor the texts of the case can be erased.
        await this.host.identity.bind({ owner: caseId, subjects }, command.correlation);
        aliasSequence = found.aliasSequence;
        return decided;
      },
      this.optionsOf(caseId, expectedVersion),
    );
    if (result.kind === 'recorded' && aliasSequence === undefined) {
      const asked = askedFor(debtors, false);
      aliasSequence = await aliasesOfRetry(this.host.identity, asked, command.correlation);
    }
    const answer = recorded(result, aliasSequence);
    const established = factsOf(answer, 'court.obligation-established.v1');
    const obligations = established.map(({ subject, data: { obligation, jointWith } }) => {
      return { obligation, subject, ...(jointWith === undefined ? {} : { jointWith }) };
    });
    return { receipt: answer.receipt, obligations };
  }

  @Post(':case/notices')
  @HttpCode(201)
  @ApiOperation({ summary: 'Record that a notice reached a debtor.' })
  @ApiCreatedResponse({ type: NoticeAnswer })
  async serve(
    @Command() command: CommandContext,
    @Param('case') caseId: string,
    @Body() body: ServeNoticeBody,
  ) {
    mustBeAnId(caseId);
    const { subject, expectedVersion, ...served } = body;
    const context = this.contextOf(command);
    const notice = command.derive('notice');
    const asked = {
      purpose: 'court.serve-notice',
      create: false,
      bodies: [subject],
      fields: ['/subject'],
    };
    const isKnown = (await this.host.writer().findKey(command.key)) !== undefined;
    let aliasSequence: number | undefined;
    const result = await handle(
      this.host.writer(),
      command,
      async (read): Asked<ServeNoticeRefusal> => {
        // Whoever they are by now: `handle` answers as it did.
        if (isKnown) return record();
        const state = await readCase(read, caseId);
        const open = inHand(state, context, '/path/case');
        if (open.kind === 'refuse') return open;
        const found = await resolveSubjects(this.host.identity, asked, command.correlation);
        if (found.kind === 'refuse') return found;
        aliasSequence = found.aliasSequence;
        const [id = ''] = found.subjects;
        return serveNotice(state, { ...served, subject: id, notice }, context);
      },
      this.optionsOf(caseId, expectedVersion),
    );
    if (result.kind === 'recorded' && aliasSequence === undefined) {
      aliasSequence = await aliasesOfRetry(this.host.identity, asked, command.correlation);
    }
    return { receipt: recorded(result, aliasSequence).receipt, notice };
  }

  @Post(':case/performances')
  @HttpCode(201)
  @ApiOperation({ summary: 'Record performance; what it ends, it ends in the same append.' })
  @ApiCreatedResponse({ type: PerformanceAnswer })
  async perform(
    @Command() command: CommandContext,
    @Param('case') caseId: string,
    @Body() body: RecordPerformanceBody,
  ) {
    mustBeAnId(caseId);
    const { expectedVersion, ...performed } = body;
    const performance = command.derive('performance');
    const result = await handle(
      this.host.writer(),
      command,
      async (read) =>
        recordPerformance(
          await readCaseFile(read, caseId),
          { ...performed, performance },
          this.contextOf(command),
        ),
      this.optionsOf(caseId, expectedVersion),
    );
    const answer = recorded(result);
    const fulfilled = factsOf(answer, 'court.obligation-fulfilled.v1');
    const delisted = factsOf(answer, 'court.subject-delisted.v1');
    return {
      receipt: answer.receipt,
      performance,
      fulfilled: fulfilled.map(({ data }) => data.obligation),
      delisted: delisted.map(({ data }) => data.listing),
    };
  }

  @Get(':case')
  @ApiOperation({ summary: 'A case as it stands, for the clerk; versions for expectedVersion.' })
  @ApiOkResponse({ type: CaseAnswer })
  async show(@Param('case') caseId: string) {
    mustBeAnId(caseId);
    const versions = new Map<string, number>();
    const file = await readCaseFile(async (stream) => {
      const { version, events } = await this.host.reader().readStream(stream);
      versions.set(stream, version);
      return events;
    }, caseId);
    if (file.case.status === 'unknown') throw new Problem(404, 'unknown_case', '/path/case');
    return describeCase({ ...file, case: file.case }, versions);
  }

  private contextOf({ envelope }: CommandContext): CourtContext {
    return { ...this.settings, envelope, now: this.host.clock.now() };
  }

  private debtors(bodies: readonly DebtorBody[], create: boolean, { correlation }: CommandContext) {
    return resolveSubjects(this.host.identity, askedFor(bodies, create), correlation);
  }

  private optionsOf(caseId: string, expectedVersion: number | undefined) {
    const jitter = (attempt: number) => this.host.jitter(attempt);
    if (expectedVersion === undefined) return { jitter };
    return { jitter, named: [{ stream: caseStream(caseId), version: expectedVersion }] };
  }
}

/** What is no id names no case; it is not worth a look at the ledger. */
function mustBeAnId(caseId: string): void {
  if (!/^[0-9a-f]{32}$/.test(caseId)) throw new Problem(404, 'unknown_case', '/path/case');
}

function askedFor(bodies: readonly DebtorBody[], create: boolean): SubjectsAsked {
  const fields = bodies.map((_, index) => `/debtors/${index}`);
  return { purpose: 'court.establish-obligation', create, bodies, fields };
}

function withoutName({ identifiers }: DebtorBody): DebtorBody {
  return { identifiers };
}
