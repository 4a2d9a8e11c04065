import { Body, Controller, Get, HttpCode, Inject, Post, Query, Req } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOkResponse, ApiOperation, ApiQuery } from '@nestjs/swagger';
import type { AliasesPage, ResolveResponse, ResolveResult } from '@writ/contracts';
import {
  Problem,
  SERVICE_HOST,
  onlyParameters,
  wholeNumber,
  type ProblemStatus,
  type ServiceHost,
} from '@writ/service-host';
import type { FastifyRequest } from 'fastify';
import { bodyChecker, ResolveBody } from '../identity-requests.js';
import { IDENTITY_STORE, type IdentityStore } from '../identity-store.js';
import { nameRef } from '../text/sealing.js';
import { viewerOf } from '../viewer.js';
import { checkSubject } from './resolve-subjects.js';

const CHANGES_DEFAULT = 1_000;
const CHANGES_MAX = 10_000;
const WAIT_MS_MAX = 30_000;

const resolveBody = bodyChecker(ResolveBody);

/** Who is meant by these identifiers, and how that has changed. */
@Controller('identity/v1')
export class SubjectController {
  constructor(
    @Inject(SERVICE_HOST) private readonly host: ServiceHost,
    @Inject(IDENTITY_STORE) private readonly store: IdentityStore,
  ) {}

  /** Before the server waits for open requests: long polls end now. */
  onModuleDestroy(): void {
    this.store.subjects.stop();
  }

  @Post('resolve')
  @HttpCode(200)
  @ApiOperation({ summary: 'Subject ids of identifiers, created where asked; logged.' })
  @ApiHeader({ name: 'Writ-Actor', required: true })
  @ApiBody({ schema: ResolveBody as object })
  @ApiOkResponse({ description: 'One result per subject, in order.' })
  async resolve(@Req() request: FastifyRequest, @Body() body: unknown): Promise<ResolveResponse> {
    const viewer = viewerOf(request.headers, 'optional');
    const { purpose, subjects, partial = false } = resolveBody(body);
    const { keys, schemes } = this.store;
    const wanted = subjects.flatMap(({ identifiers }) => identifiers.map(({ scheme }) => scheme));
    const declared = await schemes.declared(wanted);
    const checked = subjects.map((subject) => checkSubject(subject, keys.alias, declared));
    if (!partial) refuseIfAnyIs(checked, 400);
    const { results } = await this.store.subjects.resolve(checked, !partial);
    const isRefused = !partial && results.some(({ outcome }) => outcome === 'refused');
    // Also what is refused was looked up; who would have been created is nobody then.
    await this.store.logAccess({
      ...viewer,
      at: this.host.clock.now(),
      action: 'resolve',
      purpose,
      correlation: request.id,
      count: subjects.length,
      subjects: results.flatMap((result) =>
        result.outcome === 'resolved' && !(isRefused && result.created) ? result.subject : [],
      ),
    });
    if (isRefused) refuseIfAnyIs(results, 409);
    await this.sealNames(subjects, results);
    return { results };
  }

  private async sealNames(
    subjects: readonly { create: boolean; name?: string }[],
    results: readonly ResolveResult[],
  ): Promise<void> {
    const names = results.flatMap((result, index) => {
      const { create = false, name } = subjects[index] ?? {};
      // Whoever only looks has nothing to say about anybody's name.
      if (result.outcome !== 'resolved' || !create || name === undefined) return [];
      const owner = result.subject;
      const ref = nameRef(this.store.keys.texts, owner, name);
      return [{ ref, owner, kind: 'name' as const, text: name }];
    });
    if (names.length > 0) await this.store.texts.seal(names);
  }

  @Get('aliases')
  @ApiOperation({ summary: 'Changes of the alias table after a sequence, dense, in commit order.' })
  @ApiQuery({ name: 'after', required: false, description: 'Sequence; 0 from the start.' })
  @ApiQuery({ name: 'limit', required: false, description: `At most ${CHANGES_MAX}.` })
  @ApiQuery({ name: 'wait', required: false, description: 'Milliseconds to wait for a change.' })
  async aliases(@Query() query: Record<string, unknown>): Promise<AliasesPage> {
    onlyParameters(query, ['after', 'limit', 'wait']);
    const after = wholeNumber(query, 'after', { least: 0, most: 2 ** 53 - 1, absent: 0 });
    const limit = wholeNumber(query, 'limit', {
      least: 1,
      most: CHANGES_MAX,
      absent: CHANGES_DEFAULT,
    });
    const waitMs = wholeNumber(query, 'wait', { least: 0, most: WAIT_MS_MAX, absent: 0 });
    // Taken before the look: whoever copies the page is current at least to here.
    let at = this.host.clock.now();
    let page = await this.store.subjects.changesAfter(after, limit);
    if (page.changes.length === 0 && waitMs > 0) {
      await this.store.subjects.grownBeyond(after, waitMs);
      at = this.host.clock.now();
      page = await this.store.subjects.changesAfter(after, limit);
    }
    const next = page.changes.at(-1)?.sequence ?? after;
    return { ...page, next, at: at.toISOString() };
  }
}

/** One refused subject refuses a batch that did not ask for partial results. */
function refuseIfAnyIs(
  results: readonly ({ outcome: string } | Extract<ResolveResult, { outcome: 'refused' }>)[],
  status: ProblemStatus,
): void {
  for (const [index, result] of results.entries()) {
    if (result.outcome === 'refused' && 'reason' in result) {
      throw new Problem(status, result.reason, `/subjects/${index}${result.field}`);
    }
  }
}
