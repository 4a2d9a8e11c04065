import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { LegalTime } from '@writ/contracts';
import { Nested, NestedEach, Optional } from '@writ/service-host';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsString, Length } from 'class-validator';
import {
  IsCode,
  IsDay,
  IsId,
  IsLegalTime,
  legalTimeSchema,
  MoneyBody,
  SubjectBody,
  VersionedBody,
} from '../body.dto.js';
import type { OpenCase } from './open-case.js';
import type { EstablishObligation } from './establish-obligation.js';
import type { ServeNotice } from './serve-notice.js';

const INSTRUMENTS = [
  'judgment',
  'settlement',
  'arbitral-award',
  'notarised-debt',
  'administrative-decision',
] as const satisfies readonly OpenCase['instrument']['kind'][];
const OBLIGATIONS = [
  'pay',
  'hand-over',
  'do',
  'refrain',
  'apologise',
] as const satisfies readonly EstablishObligation['kind'][];
const NOTICES = [
  'enforcement-notice',
  'listing-decision',
] as const satisfies readonly ServeNotice['kind'][];
const METHODS = [
  'personal',
  'post',
  'electronic',
  'public-notice',
] as const satisfies readonly ServeNotice['method'][];

export class InstrumentBody {
  @ApiProperty({ enum: INSTRUMENTS })
  @IsIn(INSTRUMENTS)
  kind: (typeof INSTRUMENTS)[number];

  @ApiProperty({ description: 'Sealed by the identity service; never recorded.' })
  @IsString()
  @Length(1, 200)
  number: string;

  @ApiProperty({ description: 'Code of the court or agency that made it.' })
  @IsCode()
  issuer: string;

  @ApiProperty(legalTimeSchema('When the instrument took effect.'))
  @IsLegalTime()
  effectiveOn: LegalTime;
}

export class OpenCaseBody {
  @ApiProperty({ description: 'Sealed by the identity service; never recorded.' })
  @IsString()
  @Length(1, 200)
  caseNumber: string;

  @ApiProperty({ type: InstrumentBody })
  @Nested(() => InstrumentBody)
  instrument: InstrumentBody;
}

export class DebtorBody extends SubjectBody {
  @ApiPropertyOptional({ description: 'Sealed by the identity service; never recorded.' })
  @Optional()
  @IsString()
  @Length(1, 500)
  name?: string;
}

export class EstablishObligationBody extends VersionedBody {
  @ApiProperty({ type: [DebtorBody], description: 'Several owe it jointly.' })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @NestedEach(() => DebtorBody)
  debtors: DebtorBody[];

  @ApiProperty({ enum: OBLIGATIONS })
  @IsIn(OBLIGATIONS)
  kind: (typeof OBLIGATIONS)[number];

  @ApiPropertyOptional({ type: MoneyBody, description: 'For `pay`, and for that alone.' })
  @Optional()
  @Nested(() => MoneyBody)
  amount?: MoneyBody;

  @ApiPropertyOptional(legalTimeSchema('Last day or moment to perform.'))
  @Optional()
  @IsLegalTime()
  due?: LegalTime;
}

export class ServeNoticeBody extends VersionedBody {
  @ApiProperty({ type: SubjectBody, description: 'A debtor of the case.' })
  @Nested(() => SubjectBody)
  subject: SubjectBody;

  @ApiProperty({ enum: NOTICES })
  @IsIn(NOTICES)
  kind: (typeof NOTICES)[number];

  @ApiProperty({ enum: METHODS })
  @IsIn(METHODS)
  method: (typeof METHODS)[number];

  @ApiProperty({ format: 'date', description: 'Where the court sits.' })
  @IsDay()
  servedOn: string;
}

export class RecordPerformanceBody extends VersionedBody {
  @ApiProperty({ description: 'Any one of a joint group performs for all of it.' })
  @IsId()
  obligation: string;

  @ApiPropertyOptional({ type: MoneyBody, description: 'For `pay`, and for that alone.' })
  @Optional()
  @Nested(() => MoneyBody)
  amount?: MoneyBody;

  @ApiProperty({ format: 'date', description: 'Where the court sits.' })
  @IsDay()
  performedOn: string;
}
