import { Controller, Get, Inject, Param } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { JournalledAnswer } from '@writ/contracts';
import { Problem } from '@writ/service-host';
import { PROJECTION_PARTS, type ProjectionParts } from '../projection-parts.process.js';
import { journalledAnswer } from './answer-journal.postgres.js';

/** Answers as they were given. */
@Controller('projection/v1/answers')
export class AnswersController {
  constructor(@Inject(PROJECTION_PARTS) private readonly parts: ProjectionParts) {}

  @Get(':answerId')
  @ApiOperation({ summary: 'A journalled answer: what was told, of whom, at which position.' })
  async show(@Param('answerId') answerId: string): Promise<JournalledAnswer> {
    const isId = /^[0-9a-f]{32}$/.test(answerId);
    const found = isId ? await journalledAnswer(this.parts.reader, answerId) : undefined;
    if (!found) throw new Problem(404, 'answer_is_unknown', '/path/answerId');
    return found;
  }
}
