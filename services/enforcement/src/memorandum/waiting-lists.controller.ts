import { Body, Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiProperty } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import { MemorandumJobs } from './memorandum-job.process.js';
import type { WaitingList } from './reference-store.postgres.js';

class RetryListBody {
  @ApiProperty({ type: String })
  @Matches(/^[a-z0-9][a-z0-9._:-]{0,119}$/)
  list: string;
}

/** Lists whose causes could not be gone through; subjects set aside stand beside them. */
@Controller('enforcement/v1/quarantine/lists')
export class WaitingListsController {
  constructor(@Inject(MemorandumJobs) private readonly jobs: MemorandumJobs) {}

  @Get()
  @ApiOperation({ summary: 'Lists set aside after a memorandum touched them, oldest first.' })
  async list(): Promise<{ waiting: WaitingList[] }> {
    return { waiting: await this.jobs.waiting() };
  }

  @Post('retry')
  @HttpCode(200)
  @ApiOperation({ summary: 'Goes through the causes of one list once more.' })
  async retry(@Body() { list }: RetryListBody): Promise<{ released: boolean }> {
    return { released: await this.jobs.retry(list) };
  }
}
