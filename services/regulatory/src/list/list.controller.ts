import { Body, Controller, Headers, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import { handle } from '@writ/decider';
import {
  Command,
  Problem,
  recordAnswer,
  SERVICE_HOST,
  type CommandContext,
  type ServiceHost,
} from '@writ/service-host';
import { declareList } from './declare-list.js';
import { DeclareListBody } from './list.dto.js';
import { listOf, listStream } from './list.js';

@ApiTags('regulatory')
@Controller('regulatory/v1/lists')
export class ListController {
  constructor(@Inject(SERVICE_HOST) private readonly host: ServiceHost) {}

  /** Declares a list; again: a new version of it, unless `If-None-Match: *` asks for none. */
  @Post()
  @HttpCode(201)
  @ApiHeader({ name: 'If-None-Match', required: false, description: '`*`: only what is new.' })
  async declare(
    @Command() context: CommandContext,
    @Body() body: DeclareListBody,
    @Headers('if-none-match') unless?: string,
  ) {
    if (unless !== undefined && unless !== '*') {
      throw new Problem(400, 'header_is_malformed', '/headers/if-none-match');
    }
    const { list, kind, title, jurisdiction, coverage } = body;
    const { schemes, places, from } = coverage;
    const issuer = body.issuer ?? context.authority;
    const said = { schemes, places, from };
    const declaration = { list, kind, title, issuer, jurisdiction, coverage: said };
    const result = await handle(
      this.host.writer(),
      context,
      async (read) => {
        const state = listOf(await read(listStream(list)));
        return declareList(state, declaration, context.envelope, { onlyNew: unless === '*' });
      },
      this.host,
    );
    return { receipt: recordAnswer(result, { statuses: { list_is_declared: 412 } }), list };
  }
}
