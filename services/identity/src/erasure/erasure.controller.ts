import { createHmac } from 'node:crypto';
import { Body, Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation } from '@nestjs/swagger';
import {
  Command,
  Problem,
  problemOf,
  SERVICE_HOST,
  type CommandContext,
  type ServiceHost,
} from '@writ/service-host';
import type { FastifyRequest } from 'fastify';
import { BindBody, bodyChecker, ErasureBody } from '../identity-requests.js';
import { IDENTITY_STORE, type IdentityStore } from '../identity-store.js';
import { checkSubject } from '../subject/resolve-subjects.js';
import { viewerOf } from '../viewer.js';
import type { Erased, ErasureOrder } from './erasure.repository.js';

const bindBody = bodyChecker(BindBody);
const erasureBody = bodyChecker(ErasureBody);

/** Whom texts concern, and erasing a subject for good. */
@Controller('identity/v1')
export class ErasureController {
  constructor(
    @Inject(SERVICE_HOST) private readonly host: ServiceHost,
    @Inject(IDENTITY_STORE) private readonly store: IdentityStore,
  ) {}

  @Post('bindings')
  @HttpCode(201)
  @ApiOperation({ summary: 'Says whom the texts of a case concern; again changes nothing.' })
  @ApiHeader({ name: 'Writ-Actor', required: true })
  @ApiBody({ schema: BindBody as object })
  async bind(@Req() request: FastifyRequest, @Body() body: unknown): Promise<{ bound: number }> {
    viewerOf(request.headers, 'optional');
    const { owner, subjects } = bindBody(body);
    const decision = await this.store.erasures.bind(owner, subjects);
    if (decision.kind === 'refuse') {
      const statuses = { owner_is_unknown: 409, subject_is_unknown: 409, subject_is_erased: 409 };
      throw problemOf(decision.refusal, statuses as Record<string, 409>);
    }
    return { bound: decision.events.length };
  }

  @Post('erasures')
  @HttpCode(201)
  @ApiOperation({
    summary: 'Erases a subject: identifiers, names and texts, and cases of theirs alone; logged.',
  })
  @ApiHeader({ name: 'Writ-Authority', required: true })
  @ApiHeader({ name: 'Writ-Actor', required: true })
  @ApiHeader({ name: 'Idempotency-Key', required: true })
  @ApiBody({ schema: ErasureBody as object })
  async erase(
    @Command() command: CommandContext,
    @Req() request: FastifyRequest,
    @Body() body: unknown,
  ): Promise<Erased> {
    const { subject, identifier, legalBasis } = erasureBody(body);
    if ((subject === undefined) === (identifier === undefined)) {
      const detail = 'Either subject or identifier is required.';
      throw new Problem(400, 'subject_or_identifier_is_required', '/subject', detail);
    }
    const target = identifier
      ? { alias: await this.aliasOf(identifier) }
      : { subject: subject ?? '' };
    const decision = await this.store.erasures.erase({
      ...viewerOf(request.headers, 'required'),
      target,
      legalBasis,
      key: command.key,
      fingerprint: this.fingerprint(command, request),
      correlation: command.correlation,
    } satisfies ErasureOrder);
    if (decision.kind === 'refuse') {
      throw problemOf(decision.refusal, { subject_is_unknown: 404, subject_is_erased: 409 });
    }
    return decision.events[0]!;
  }

  private async aliasOf(identifier: { scheme: string; value: string }): Promise<string> {
    const { keys, schemes } = this.store;
    const declared = await schemes.declared([identifier.scheme]);
    const checked = checkSubject(
      { identifiers: [identifier], create: false },
      keys.alias,
      declared,
    );
    if (checked.outcome === 'checked') return checked.aliases[0]!.alias;
    const field = checked.field.replace('/identifiers/0', '/identifier');
    throw new Problem(400, checked.reason, field);
  }

  /** What is kept must not let anybody find out whom it was about, not even with the key file. */
  private fingerprint({ fingerprint }: CommandContext, { headers }: FastifyRequest): string {
    const parts = JSON.stringify([headers['idempotency-key'], fingerprint]);
    return createHmac('sha256', this.host.key('service.identity')).update(parts).digest('hex');
  }
}
