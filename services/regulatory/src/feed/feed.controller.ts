import { Body, Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { inOrder, readImportBody, readOrderBody, sealWith } from '@writ/feeds';
import {
  Command,
  httpSchemes,
  importKeys,
  problemOf,
  SERVICE_HOST,
  underKey,
  type CommandContext,
  type ImportKeys,
  type ServiceHost,
} from '@writ/service-host';
import { postgresFeedMemory, type FeedMemory } from './feed.repository.js';
import { importFeed, type ImportAnswer, type ImportServices } from './import-feed.process.js';

const FORMS = ['snapshots', 'records', 'events'] as const;

@ApiTags('regulatory')
@Controller('regulatory/v1/feeds')
export class FeedController {
  private readonly memory: FeedMemory;
  private readonly keys: ImportKeys;

  constructor(@Inject(SERVICE_HOST) private readonly host: ServiceHost) {
    this.memory = postgresFeedMemory(host.pools.writer);
    this.keys = importKeys(host.pools.writer, 'regulatory');
  }

  /**
   * Imports one file of a feed: `{ description, file: { name, bytes, observedAt? }, upTo? }`, bytes
   * as base64, packed or not. Under the same key the first answer comes again; under another the
   * same file records nothing.
   */
  @Post(':list/imports')
  @HttpCode(201)
  async import(
    @Command() context: CommandContext,
    @Param('list') list: string,
    @Body() body: unknown,
  ): Promise<ImportAnswer> {
    const read = readImportBody(list, body, FORMS);
    if (read.kind === 'refuse') throw problemOf(read.refusal, MALFORMED);
    const [request] = read.events;
    if (!request) throw new Error('a body that is read is a request');
    const { keys } = this;
    return underKey(keys, context, () => importFeed(this.services(context), request, context));
  }

  /**
   * In which order files are to be sent: `{ description, names }` → `{ names }`. Records nothing.
   */
  @Post(':list/order')
  @HttpCode(200)
  order(@Param('list') list: string, @Body() body: unknown): { names: string[] } {
    const read = readOrderBody(list, body);
    if (read.kind === 'refuse') throw problemOf(read.refusal, MALFORMED);
    return { names: read.events.flatMap(({ names, feed }) => inOrder(names, feed)) };
  }

  private services(context: CommandContext): ImportServices {
    const { host, memory } = this;
    const declare = httpSchemes(host.config.urls.identity);
    return {
      ledger: host.writer(),
      identity: host.identity,
      memory,
      seal: sealWith(host.key('service.regulatory')),
      now: () => host.clock.now(),
      jitter: (attempt) => host.jitter(attempt),
      declareSchemes: (schemes) =>
        declare(schemes, {
          'writ-authority': context.authority,
          'writ-actor': `${context.actor.kind}:${context.actor.id}`,
          'idempotency-key': context.key,
          traceparent: `00-${context.correlation}-${context.correlation.slice(0, 16)}-00`,
        }),
    };
  }
}

const MALFORMED = {
  body_is_malformed: 400,
  description_is_malformed: 400,
  bytes_are_not_base64: 400,
  instant_is_malformed: 400,
} as const;
