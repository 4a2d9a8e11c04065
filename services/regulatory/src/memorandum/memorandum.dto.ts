import { ApiProperty } from '@nestjs/swagger';
import { NestedEach, Optional } from '@writ/service-host';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsString,
  Length,
  Matches,
  Min,
} from 'class-validator';
import type { LegalTime } from '@writ/contracts';
import { IsLegalTime } from '../legal-time.decorator.js';
import { CODE } from '../list/list.dto.js';
import type { MemorandumRow } from './memorandum.js';

export class MemorandumRowBody {
  @ApiProperty({ type: String })
  @Matches(CODE)
  row: string;

  @ApiProperty({ type: String })
  @Matches(CODE)
  list: string;

  @ApiProperty({ enum: ['restriction', 'preference'] })
  @IsIn(['restriction', 'preference'])
  effect: MemorandumRow['effect'];

  @ApiProperty({ type: String, example: 'travel.air' })
  @Matches(CODE)
  measure: string;

  @ApiProperty({ type: String })
  @Matches(CODE)
  implementer: string;

  @ApiProperty({ type: String })
  @IsString()
  @Length(1, 500)
  legalBasis: string;

  @ApiProperty({ enum: ['decided', 'taken-in'] })
  @IsIn(['decided', 'taken-in'])
  admits: MemorandumRow['admits'];
}

/** A version: its complete rows. */
export class MemorandumVersionBody {
  @ApiProperty({ type: String })
  @IsString()
  @Length(1, 500)
  title: string;

  @ApiProperty({ type: Object, description: '{ date, zone } or { instant }' })
  @IsLegalTime()
  effectiveFrom: LegalTime;

  @ApiProperty({ type: Object, required: false, description: 'First moment it holds no longer.' })
  @Optional()
  @IsLegalTime()
  until?: LegalTime;

  @ApiProperty({ type: [MemorandumRowBody] })
  @IsArray()
  @ArrayMaxSize(200)
  @NestedEach(() => MemorandumRowBody)
  rows: MemorandumRowBody[];

  @ApiProperty({
    type: Number,
    required: false,
    description: 'The version this one follows; refused as stale when another came between.',
  })
  @Optional()
  @IsInt()
  @Min(1)
  after?: number;
}

export class RecordMemorandumBody extends MemorandumVersionBody {
  @ApiProperty({ type: String, example: 'cn.joint-2016' })
  @Matches(CODE)
  memorandum: string;
}
