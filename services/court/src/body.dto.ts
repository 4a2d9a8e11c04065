import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { ApiPropertyOptions, OpenAPIObject } from '@nestjs/swagger';
import { LegalTime as LegalTimeSchema } from '@writ/contracts';
import { isAmount, isLegalTime, isLocalDate } from '@writ/law';
import { Value } from '@sinclair/typebox/value';
import { NestedEach, Optional } from '@writ/service-host';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsInt,
  IsString,
  Length,
  Matches,
  Min,
  ValidateBy,
} from 'class-validator';

const ID = /^[0-9a-f]{32}$/;
const CODE = /^[a-z0-9][a-z0-9._:-]{0,119}$/;

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;

const DAY_IN_A_ZONE: Schemas[string] = {
  type: 'object',
  required: ['date', 'zone'],
  additionalProperties: false,
  properties: {
    date: { type: 'string', format: 'date' },
    zone: { type: 'string', description: 'IANA zone, such as Asia/Shanghai' },
  },
};
const MOMENT: Schemas[string] = {
  type: 'object',
  required: ['instant'],
  additionalProperties: false,
  properties: { instant: { type: 'string', format: 'date-time', description: 'ends in Z' } },
};

/** What a legal time looks like in OpenAPI. */
export const legalTimeSchema = (description: string): ApiPropertyOptions => ({
  type: 'object',
  additionalProperties: true,
  description,
  oneOf: [DAY_IN_A_ZONE, MOMENT],
});

/** A local date in a known zone, or an instant; nothing beside it. */
export const IsLegalTime = (): PropertyDecorator =>
  ValidateBy({
    name: 'isLegalTime',
    validator: {
      validate: (value: unknown) => Value.Check(LegalTimeSchema, value) && isLegalTime(value),
      defaultMessage: () => '$property must be {date, zone} or {instant}, and exist',
    },
  });

/** A day of the calendar, `YYYY-MM-DD`. */
export const IsDay = (): PropertyDecorator =>
  ValidateBy({
    name: 'isDay',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && isLocalDate(value),
      defaultMessage: () => '$property must be a day of the calendar, YYYY-MM-DD',
    },
  });

/** A random id of ours: 32 lower-case hex digits. */
export const IsId = (each = false): PropertyDecorator =>
  Matches(ID, { each, message: '$property must be 32 lower-case hex digits' });

/** A code of ours or of an authority. */
export const IsCode = (): PropertyDecorator =>
  Matches(CODE, { message: '$property must be a code: a-z, 0-9, and . _ : - within' });

export class IdentifierBody {
  @ApiProperty({ description: 'Scheme, such as cn.resident-id, cn.uscc, lei.' })
  @IsString()
  @Length(1, 120)
  scheme: string;

  @ApiProperty({ description: 'Goes to the identity service alone; never recorded.' })
  @IsString()
  @Length(1, 200)
  value: string;
}

export class SubjectBody {
  @ApiProperty({ type: [IdentifierBody], description: 'All identifiers of one subject.' })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(20)
  @NestedEach(() => IdentifierBody)
  identifiers: IdentifierBody[];
}

export class MoneyBody {
  @ApiProperty({ example: '1000.00', description: 'Decimal text, up to four digits behind.' })
  @ValidateBy({
    name: 'isAmount',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && isAmount(value),
      defaultMessage: () => '$property must be decimal text such as "1000.00"',
    },
  })
  amount: string;

  @ApiProperty({ example: 'CNY', description: 'ISO 4217.' })
  @Matches(/^[A-Z]{3}$/, { message: '$property must be three capital letters' })
  currency: string;
}

/** What every command may carry. */
export class VersionedBody {
  @ApiPropertyOptional({
    type: 'integer',
    description: 'Refuse unless the case (or the listing in the path) stands at this version.',
  })
  @Optional()
  @IsInt()
  @Min(0)
  expectedVersion?: number;
}
