import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { handle } from '@writ/decider';
import {
  Command,
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

  /** Declares a list; again: a new version of it. */
  @Post()
  @HttpCode(201)
  async declare(@Command() context: CommandContext, @Body() body: DeclareListBody) {
    const { list, kind, title, jurisdiction, coverage } = body;
    const { schemes, places, from } = coverage;
    const issuer = body.issuer ?? context.authority;
    const said = { schemes, places, from };
    const declaration = { list, kind, title, issuer, jurisdiction, coverage: said };
    const result = await handle(
      this.host.writer(),
      context,
      async (read) =>
        declareList(listOf(await read(listStream(list))), declaration, context.envelope),
      this.host,
    );
    return { receipt: recordAnswer(result), list };
  }
}
