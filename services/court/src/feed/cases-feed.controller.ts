import { Body, Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import {
  inOrder,
  readImportBody,
  readOrderBody,
  sealWith,
  type FeedDescription,
} from '@writ/feeds';
import {
  Command,
  declareListAt,
  httpSchemes,
  importKeys,
  problemOf,
  SERVICE_HOST,
  underKey,
  type CommandContext,
  type ServiceHost,
} from '@writ/service-host';
import { COURT_SETTINGS, type CourtSettings } from '../settings.js';
import { importCases, type CasesAnswer } from './import-cases.process.js';

const MALFORMED = {
  body_is_malformed: 400,
  description_is_malformed: 400,
  bytes_are_not_base64: 400,
  instant_is_malformed: 400,
} as const;

/** HTTP ↔ imports of registers of cases; no rules. */
@Controller('court/v1/feeds')
export class CasesFeedController {
  constructor(
    @Inject(SERVICE_HOST) private readonly host: ServiceHost,
    @Inject(COURT_SETTINGS) private readonly settings: CourtSettings,
  ) {}

  @Post(':list/imports')
  @HttpCode(201)
  @ApiOperation({
    summary:
      'Take in one copy of another system’s register of cases: `{ description, file, upTo? }`.',
  })
  async import(
    @Command() command: CommandContext,
    @Param('list') list: string,
    @Body() body: unknown,
  ): Promise<CasesAnswer> {
    const read = readImportBody(list, body, ['cases']);
    if (read.kind === 'refuse') throw problemOf(read.refusal, MALFORMED);
    const [request] = read.events;
    if (!request) throw new Error('a body that is read is a request');
    const { host } = this;
    const ports = {
      ledger: host.writer(),
      identity: host.identity,
      seal: sealWith(host.key('service.court')),
      declare: (feed: FeedDescription) => this.declare(feed, command),
    };
    const { envelope } = command;
    const context = { ...this.settings, envelope, now: host.clock.now() };
    const keys = importKeys(host.pools.writer, 'court');
    return underKey(keys, command, () => importCases(ports, request, context, command));
  }

  @Post(':list/order')
  @HttpCode(200)
  @ApiOperation({ summary: 'In which order copies are to be sent: `{ description, names }`.' })
  order(@Param('list') list: string, @Body() body: unknown): { names: string[] } {
    const read = readOrderBody(list, body);
    if (read.kind === 'refuse') throw problemOf(read.refusal, MALFORMED);
    return { names: read.events.flatMap(({ names, feed }) => inOrder(names, feed)) };
  }

  /** A list is declared with the regulators' service, courts' lists too. */
  private async declare(feed: FeedDescription, command: CommandContext): Promise<void> {
    const { urls } = this.host.config;
    const { authority, actor, correlation, key } = command;
    const headers = {
      'writ-authority': authority,
      'writ-actor': `${actor.kind}:${actor.id}`,
      'idempotency-key': key,
      traceparent: `00-${correlation}-${correlation.slice(0, 16)}-00`,
    };
    if (feed.schemes) await httpSchemes(urls.identity)(feed.schemes, headers);
    const { list, kind, title, issuer, jurisdiction, coverage } = feed;
    const declaration = { list, kind, title, issuer, jurisdiction, coverage };
    await declareListAt(urls.regulatory, declaration, headers);
  }
}
