import { ApiProperty } from '@nestjs/swagger';
import { Nested, Optional } from '@writ/service-host';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsString,
  Length,
  Matches,
} from 'class-validator';
import type { LegalTime } from '@writ/contracts';
import { IsLegalTime } from '../legal-time.decorator.js';
import type { ListKind } from './list.js';

export const CODE = /^[a-z0-9][a-z0-9._:-]{0,119}$/;
const SCHEME = /^[a-z0-9][A-Za-z0-9._:-]{0,119}$/;
const KINDS: readonly ListKind[] = ['restrictive', 'scrutiny', 'commendation'];

export class CoverageBody {
  @ApiProperty({ type: [String], description: 'Schemes by which every entry can be found.' })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(50)
  @ArrayUnique()
  @Matches(SCHEME, { each: true })
  schemes: string[];

  @ApiProperty({ type: [String], description: 'Where the list holds.' })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(500)
  @ArrayUnique()
  @Matches(CODE, { each: true })
  places: string[];

  @ApiProperty({ type: Object, description: 'Since when: { date, zone } or { instant }.' })
  @IsLegalTime()
  from: LegalTime;
}

export class DeclareListBody {
  @ApiProperty({ type: String, example: 'cn.spc.judgment-defaulters' })
  @Matches(CODE)
  list: string;

  @ApiProperty({ enum: KINDS })
  @IsIn(KINDS)
  kind: ListKind;

  @ApiProperty({ type: String })
  @IsString()
  @Length(1, 500)
  title: string;

  @ApiProperty({ type: String, required: false, description: 'Default: Writ-Authority.' })
  @Optional()
  @Matches(CODE)
  issuer?: string;

  @ApiProperty({ type: String, example: 'cn' })
  @Matches(CODE)
  jurisdiction: string;

  @ApiProperty({ type: CoverageBody })
  @Nested(() => CoverageBody)
  coverage: CoverageBody;
}
