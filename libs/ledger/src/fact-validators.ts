import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { CATALOGUE, isKnownFactType, type LedgerName, type NewFact } from '@writ/contracts';
import { LedgerInputError } from './ledger-error.js';

/** The members only the sequencer can fill in. */
const SEQUENCED = [
  'leafVersion',
  'ledger',
  'epoch',
  'position',
  'stream',
  'version',
  'authoritySeq',
  'recordedAt',
];

/** @throws LedgerInputError when the fact must not be recorded in that stream */
export type FactValidator = (stream: string, fact: NewFact) => void;

/**
 * @returns a check of new facts against the schemas of `@writ/contracts`, compiled on first use;
 *   it throws `fact_is_of_another_ledger`, `fact_type_is_unknown`, `stream_name_is_malformed`,
 *   `fact_does_not_fit_its_schema` (with the field)
 */
export function factValidator(ledger: LedgerName): FactValidator {
  const ajv = new Ajv({ strict: true });
  const compiled = new Map<string, { fits: ValidateFunction; stream: RegExp }>();
  const compile = (type: string) => {
    if (!isKnownFactType(type)) throw new LedgerInputError('fact_type_is_unknown', '/type');
    const line = CATALOGUE[type];
    if (line.ledger !== ledger) {
      throw new LedgerInputError('fact_is_of_another_ledger', '/type');
    }
    const stream = line.schema.properties['stream']?.['pattern'] as string;
    const entry = { fits: ajv.compile(withoutSequenced(line.schema)), stream: new RegExp(stream) };
    compiled.set(type, entry);
    return entry;
  };
  return (stream, fact) => {
    const { fits, stream: streamPattern } = compiled.get(fact.type) ?? compile(fact.type);
    if (!streamPattern.test(stream)) {
      throw new LedgerInputError('stream_name_is_malformed', '/stream');
    }
    if (!fits(fact)) {
      throw new LedgerInputError('fact_does_not_fit_its_schema', fieldOf(fits.errors?.[0]));
    }
  };
}

function withoutSequenced(schema: { properties: object; required?: string[] }): object {
  const properties = Object.fromEntries(
    Object.entries(schema.properties).filter(([name]) => !SEQUENCED.includes(name)),
  );
  const required = (schema.required ?? []).filter((name) => !SEQUENCED.includes(name));
  return { type: 'object', additionalProperties: false, properties, required };
}

function fieldOf(error: ErrorObject | undefined): string {
  if (!error) return '';
  const params = error.params as { missingProperty?: string; additionalProperty?: string };
  const member = params.missingProperty ?? params.additionalProperty;
  return member === undefined ? error.instancePath : `${error.instancePath}/${member}`;
}
