import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { LegalTime } from '@writ/contracts';
import { Nested, Optional } from '@writ/service-host';
import { IsIn } from 'class-validator';
import { ReceiptAnswer } from '../answer.dto.js';
import {
  IsCode,
  IsDay,
  IsLegalTime,
  legalTimeSchema,
  MoneyBody,
  VersionedBody,
} from '../body.dto.js';
import type { Retract } from './retract.js';
import type { ReversePerformance } from './reverse-performance.js';

const RETRACTIONS = [
  'wrong-subject',
  'recorded-by-mistake',
] as const satisfies readonly Retract['reason'][];
const REVERSALS = [
  'bounced',
  'refunded',
  'recorded-by-mistake',
] as const satisfies readonly ReversePerformance['reason'][];

export class CorrectListingBody extends VersionedBody {
  @ApiProperty({ example: 'cn.spc.g1.able-but-refuses' })
  @IsCode()
  ground: string;

  @ApiProperty(legalTimeSchema('No earlier than it was, unless it is still to come.'))
  @IsLegalTime()
  effectiveFrom: LegalTime;

  @ApiPropertyOptional(
    legalTimeSchema('First moment it no longer holds; absent: until a condition ends it.'),
  )
  @Optional()
  @IsLegalTime()
  until?: LegalTime;
}

export class RetractBody extends VersionedBody {
  @ApiProperty({ enum: RETRACTIONS })
  @IsIn(RETRACTIONS)
  reason: (typeof RETRACTIONS)[number];
}

export class CorrectObligationBody extends VersionedBody {
  @ApiProperty({ type: MoneyBody, description: 'What was owed from the start.' })
  @Nested(() => MoneyBody)
  amount: MoneyBody;
}

export class ReversePerformanceBody extends VersionedBody {
  @ApiPropertyOptional({ type: MoneyBody, description: 'Of a payment; absent: all left of it.' })
  @Optional()
  @Nested(() => MoneyBody)
  amount?: MoneyBody;

  @ApiProperty({ enum: REVERSALS })
  @IsIn(REVERSALS)
  reason: (typeof REVERSALS)[number];

  @ApiProperty({ format: 'date', description: 'Where the court sits.' })
  @IsDay()
  reversedOn: string;
}

export class ObligationCorrectedAnswer {
  @ApiProperty() receipt: ReceiptAnswer;
  @ApiProperty() obligation: string;
  @ApiProperty({ type: [String], description: 'Obligations of which nothing is left.' })
  fulfilled: string[];
  @ApiProperty({ type: [String], description: 'Listings that ended with it.' })
  delisted: string[];
}

export class PerformanceReversedAnswer {
  @ApiProperty() receipt: ReceiptAnswer;
  @ApiProperty() performance: string;
  @ApiProperty({ type: [String], description: 'Obligations it was recorded for.' })
  obligations: string[];
}
