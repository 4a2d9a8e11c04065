import { Value } from '@sinclair/typebox/value';
import { LegalTime } from '@writ/contracts';

/** @returns whether a value has the shape of a legal time; whether the day exists, the law says */
export function isLegalTimeShape(value: unknown): value is LegalTime {
  return Value.Check(LegalTime, value);
}
