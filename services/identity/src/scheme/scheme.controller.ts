import { Body, Controller, Get, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation } from '@nestjs/swagger';
import {
  BUILT_IN_SCHEMES,
  declareScheme,
  isBuiltInScheme,
  type SchemeDeclaration,
} from '@writ/identifiers';
import { problemOf, SERVICE_HOST, type ServiceHost } from '@writ/service-host';
import type { FastifyRequest } from 'fastify';
import { bodyChecker, SchemeBody } from '../identity-requests.js';
import { IDENTITY_STORE, type IdentityStore } from '../identity-store.js';
import { viewerOf } from '../viewer.js';

const schemeBody = bodyChecker(SchemeBody);

/** Schemes declared as data: a new country needs no code. */
@Controller('identity/v1/schemes')
export class SchemeController {
  constructor(
    @Inject(SERVICE_HOST) private readonly host: ServiceHost,
    @Inject(IDENTITY_STORE) private readonly store: IdentityStore,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Schemes that are built in, and those declared as data.' })
  async all(): Promise<{ builtIn: readonly string[]; declared: SchemeDeclaration[] }> {
    return { builtIn: BUILT_IN_SCHEMES, declared: await this.store.schemes.all() };
  }

  @Post()
  @HttpCode(201)
  @ApiOperation({ summary: 'Declares a scheme by pattern; the same again changes nothing.' })
  @ApiHeader({ name: 'Writ-Actor', required: true })
  @ApiBody({ schema: SchemeBody as object })
  async declare(@Req() request: FastifyRequest, @Body() body: unknown): Promise<SchemeDeclaration> {
    const { actor, authority } = viewerOf(request.headers, 'optional');
    const declaration = schemeBody(body) as SchemeDeclaration;
    const allowed = declareScheme(declaration, isBuiltInScheme);
    if (allowed.kind === 'refuse') throw problemOf(allowed.refusal);
    const by = authority === null ? actor : `${authority} ${actor}`;
    const at = this.host.clock.now();
    const declared = await this.store.schemes.declare(declaration, by, at);
    if (declared.kind === 'refuse') {
      throw problemOf(declared.refusal, { scheme_is_declared_differently: 409 });
    }
    return declaration;
  }
}
