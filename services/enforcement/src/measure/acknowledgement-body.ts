import { Type, type Static } from '@sinclair/typebox';
import { Ajv, type ValidateFunction } from 'ajv';
import { closed } from '@writ/contracts';
import { record, refuse, type Decision } from '@writ/decider';
import { isInstant } from '@writ/law';

const Row = closed({
  implementer: Type.String({ pattern: '^[a-z0-9][a-z0-9._:-]{0,119}$' }),
  measureId: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  decision: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  outcome: Type.Union([
    Type.Literal('applied'),
    Type.Literal('not-applied'),
    Type.Literal('lifted'),
  ]),
  reason: Type.Optional(Type.String({ pattern: '^[a-z0-9][a-z0-9._:-]{0,119}$' })),
  at: Type.String(),
});

const Batch = closed({ acknowledgements: Type.Array(Row, { minItems: 1, maxItems: 1_000 }) });

/** The body of `POST /enforcement/v1/acknowledgements`, for OpenAPI. */
export const ACKNOWLEDGEMENTS_SCHEMA = { oneOf: [Batch, Row] };

export type AcknowledgementsBody = {
  rows: Static<typeof Row>[];
  /** One acknowledgement by itself is answered by itself. */
  single: boolean;
};

let validators: { row: ValidateFunction; batch: ValidateFunction } | undefined;

/** Reads one acknowledgement, or `{ acknowledgements: […] }` with at most a thousand. */
export function readAcknowledgements(
  body: unknown,
): Decision<AcknowledgementsBody, 'body_is_malformed' | 'instant_is_malformed'> {
  validators ??= compile();
  const single = !(typeof body === 'object' && body !== null && 'acknowledgements' in body);
  const validate = single ? validators.row : validators.batch;
  if (!validate(body)) {
    const [error] = validate.errors ?? [];
    const params = (error?.params ?? {}) as Record<string, string>;
    const named = params['additionalProperty'] ?? params['missingProperty'];
    const path = error?.instancePath ?? '';
    return refuse('body_is_malformed', named === undefined ? path : `${path}/${named}`);
  }
  const rows = single
    ? [body as Static<typeof Row>]
    : (body as Static<typeof Batch>).acknowledgements;
  const wrong = rows.findIndex(({ at }) => !isInstant(at));
  if (wrong >= 0) return refuse('instant_is_malformed', `${pointer(wrong, single)}/at`);
  return record({ rows, single });
}

/** @returns the JSON Pointer of a row in the body it came in */
export function pointer(index: number, single: boolean): string {
  return single ? '' : `/acknowledgements/${index}`;
}

function compile() {
  const ajv = new Ajv({ strict: true });
  return { row: ajv.compile(Row), batch: ajv.compile(Batch) };
}
