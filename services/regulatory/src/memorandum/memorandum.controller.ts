import { Body, Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { handle, type Decision, type ReadStream, type StreamWrite } from '@writ/decider';
import type { NewFact } from '@writ/contracts';
import type { RecordedFact } from '@writ/ledger';
import {
  Command,
  Problem,
  recordAnswer,
  SERVICE_HOST,
  type CommandContext,
  type ServiceHost,
} from '@writ/service-host';
import { listOf, listStream, type List } from '../list/list.js';
import { CODE } from '../list/list.dto.js';
import { MemorandumVersionBody, RecordMemorandumBody } from './memorandum.dto.js';
import { memorandumOf, memorandumStream, versionsOf, type Memorandum } from './memorandum.js';
import { MemorandumRepository } from './memorandum.repository.js';
import {
  recordMemorandum,
  recordMemorandumVersion,
  type Declared,
  type MemorandumRefusal,
  type MemorandumSubmission,
} from './record-memorandum.js';

type Decide = (
  memorandum: Memorandum,
  declared: Declared,
  submission: MemorandumSubmission,
  envelope: CommandContext['envelope'],
) => Decision<StreamWrite<NewFact>, MemorandumRefusal>;

@ApiTags('regulatory')
@Controller('regulatory/v1/memoranda')
export class MemorandumController {
  private readonly memoranda: MemorandumRepository;

  constructor(@Inject(SERVICE_HOST) private readonly host: ServiceHost) {
    this.memoranda = new MemorandumRepository(host.pools.writer);
  }

  /** Records a memorandum's first version. */
  @Post()
  @HttpCode(201)
  async record(@Command() context: CommandContext, @Body() body: RecordMemorandumBody) {
    return this.submit(context, body.memorandum, body, recordMemorandum);
  }

  /** Records a memorandum's next version: complete rows. */
  @Post(':memorandum/versions')
  @HttpCode(201)
  async recordVersion(
    @Command() context: CommandContext,
    @Param('memorandum') id: string,
    @Body() body: MemorandumVersionBody,
  ) {
    if (!CODE.test(id)) throw new Problem(404, 'memorandum_is_unknown', '/path/memorandum');
    return this.submit(context, id, body, recordMemorandumVersion);
  }

  private async submit(
    context: CommandContext,
    memorandum: string,
    body: MemorandumVersionBody,
    decide: Decide,
  ) {
    const stream = memorandumStream(memorandum);
    const submission = submissionOf(memorandum, body);
    const named = body.after === undefined ? [] : [{ stream, version: body.after }];
    const result = await this.memoranda.alone((codes) =>
      handle(
        this.host.writer(),
        context,
        async (read) => {
          const lists = await readLists(read, submission);
          const others = await readOthers(read, codes, memorandum);
          const declared = { lists, others, now: this.host.clock.now() };
          return decide(memorandumOf(await read(stream)), declared, submission, context.envelope);
        },
        { jitter: (attempt) => this.host.jitter(attempt), named },
      ),
    );
    const statuses = { memorandum_is_unknown: 404, memorandum_is_already_recorded: 409 } as const;
    const receipt = recordAnswer(result, { statuses, versionField: '/after' });
    return { receipt, memorandum, version: receipt.version };
  }
}

/** Every list a row names is read, and so guarded: none can change kind under the decision. */
async function readLists(
  read: ReadStream<RecordedFact>,
  { rows }: MemorandumSubmission,
): Promise<Map<string, List>> {
  const lists = new Map<string, List>();
  for (const { list } of rows) {
    if (!lists.has(list)) lists.set(list, listOf(await read(listStream(list))));
  }
  return lists;
}

async function readOthers(
  read: ReadStream<RecordedFact>,
  codes: readonly string[],
  memorandum: string,
): Promise<Declared['others']> {
  const others: Declared['others'][number][] = [];
  for (const code of codes) {
    if (code !== memorandum)
      others.push(versionsOf(memorandumOf(await read(memorandumStream(code)))));
  }
  return others;
}

function submissionOf(memorandum: string, body: MemorandumVersionBody): MemorandumSubmission {
  const { title, effectiveFrom, until } = body;
  const rows = body.rows.map(({ row, list, effect, measure, implementer, legalBasis, admits }) => {
    return { row, list, effect, measure, implementer, legalBasis, admits };
  });
  const said = { memorandum, title, effectiveFrom, rows };
  return until === undefined ? said : { ...said, until };
}
