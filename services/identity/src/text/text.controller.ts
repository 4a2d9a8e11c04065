import { Body, Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation } from '@nestjs/swagger';
import { problemOf, SERVICE_HOST, type ServiceHost } from '@writ/service-host';
import type { FastifyRequest } from 'fastify';
import { bodyChecker, RevealBody, SealBody } from '../identity-requests.js';
import { IDENTITY_STORE, type IdentityStore } from '../identity-store.js';
import { viewerOf } from '../viewer.js';
import type { RevealedSubject, Text } from './text.repository.js';

const sealBody = bodyChecker(SealBody);
const revealBody = bodyChecker(RevealBody);

/** Names, numbers and free text: in under their owner's key, out for a stated purpose. */
@Controller('identity/v1')
export class TextController {
  constructor(
    @Inject(SERVICE_HOST) private readonly host: ServiceHost,
    @Inject(IDENTITY_STORE) private readonly store: IdentityStore,
  ) {}

  @Post('texts')
  @HttpCode(201)
  @ApiOperation({ summary: 'Seals texts under their owner’s key; idempotent by reference.' })
  @ApiBody({ schema: SealBody as object })
  async seal(@Body() body: unknown): Promise<{ sealed: number }> {
    const { texts } = sealBody(body);
    const decision = await this.store.texts.seal(texts);
    if (decision.kind === 'refuse') {
      throw problemOf(decision.refusal, { subject_is_erased: 409 });
    }
    return { sealed: texts.length };
  }

  @Post('reveal')
  @HttpCode(200)
  @ApiOperation({ summary: 'Opens texts, names and identifiers for a stated purpose; logged.' })
  @ApiHeader({ name: 'Writ-Authority', required: true })
  @ApiHeader({ name: 'Writ-Actor', required: true })
  @ApiBody({ schema: RevealBody as object })
  async reveal(
    @Req() request: FastifyRequest,
    @Body() body: unknown,
  ): Promise<{ texts: Text[]; subjects: RevealedSubject[] }> {
    const viewer = viewerOf(request.headers, 'required');
    const { purpose, refs = [], subjects = [] } = revealBody(body);
    const texts = await this.store.texts.texts(refs);
    const revealed = await this.store.texts.subjects(subjects);
    await this.store.logAccess({
      ...viewer,
      at: this.host.clock.now(),
      action: 'reveal',
      purpose,
      correlation: request.id,
      count: refs.length + subjects.length,
      subjects: [...texts.map(({ owner }) => owner), ...subjects],
    });
    return { texts, subjects: revealed };
  }
}
