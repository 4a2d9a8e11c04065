import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { LegalTime } from '@writ/contracts';
import { Nested, Optional } from '@writ/service-host';
import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsArray, IsIn } from 'class-validator';
import {
  IsCode,
  IsId,
  IsLegalTime,
  legalTimeSchema,
  SubjectBody,
  VersionedBody,
} from '../body.dto.js';
import type { Annul } from './annul.js';
import type { Delist } from './delist.js';

const ENDS = [
  'creditor-consent',
  'settlement-performed',
  'enforcement-terminated',
  'court-decision',
] as const satisfies readonly Delist['reason'][];
const VOIDS = ['decision-void', 'instrument-quashed'] as const satisfies readonly Annul['reason'][];

export class ListSubjectBody extends VersionedBody {
  @ApiProperty()
  @IsId()
  case: string;

  @ApiProperty({ type: SubjectBody, description: 'A debtor of the case.' })
  @Nested(() => SubjectBody)
  subject: SubjectBody;

  @ApiProperty({ example: 'cn.spc.judgment-defaulters' })
  @IsCode()
  list: string;

  @ApiProperty({ example: 'cn.spc.g1.able-but-refuses' })
  @IsCode()
  ground: string;

  @ApiProperty({ type: [String], description: 'The obligations it rests on.' })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(200)
  @ArrayUnique()
  @IsId(true)
  obligations: string[];

  @ApiProperty({ description: 'The notice that warned of it.' })
  @IsId()
  notice: string;

  @ApiProperty(legalTimeSchema('Today or later.'))
  @IsLegalTime()
  effectiveFrom: LegalTime;

  @ApiPropertyOptional(
    legalTimeSchema('First moment it no longer holds; absent: until a condition ends it.'),
  )
  @Optional()
  @IsLegalTime()
  until?: LegalTime;
}

export class DelistBody extends VersionedBody {
  @ApiProperty({ enum: ENDS, description: 'Full performance is recorded, never ordered.' })
  @IsIn(ENDS)
  reason: (typeof ENDS)[number];
}

export class AnnulBody extends VersionedBody {
  @ApiProperty({ enum: VOIDS })
  @IsIn(VOIDS)
  reason: (typeof VOIDS)[number];
}
