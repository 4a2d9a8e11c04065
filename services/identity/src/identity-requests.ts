import { Type, type Static, type TObject } from '@sinclair/typebox';
import { Problem } from '@writ/service-host';
import { Ajv, type ErrorObject } from 'ajv';

const closed = { additionalProperties: false };
const Id = Type.String({ pattern: '^[0-9a-f]{32}$' });
/** Why somebody looks: a code, so that nothing about anybody gets into the log. */
const Purpose = Type.String({ pattern: '^[a-z][a-z0-9.-]{0,63}$' });

const IdentifierBody = Type.Object(
  {
    scheme: Type.String({ minLength: 1, maxLength: 120 }),
    value: Type.String({ minLength: 1, maxLength: 300 }),
  },
  closed,
);

/** Whole batches: one subject of a feed has at most a dozen identifiers. */
export const ResolveBody = Type.Object(
  {
    purpose: Purpose,
    /** True: a refused subject is one outcome among others. Default: it refuses the batch. */
    partial: Type.Optional(Type.Boolean()),
    subjects: Type.Array(
      Type.Object(
        {
          identifiers: Type.Array(IdentifierBody, { minItems: 1, maxItems: 20 }),
          create: Type.Boolean(),
          name: Type.Optional(Type.String({ minLength: 1, maxLength: 1_000 })),
        },
        closed,
      ),
      { minItems: 1, maxItems: 10_000 },
    ),
  },
  closed,
);

export const SealBody = Type.Object(
  {
    texts: Type.Array(
      Type.Object(
        {
          ref: Id,
          owner: Id,
          kind: Type.Union([
            Type.Literal('case-number'),
            Type.Literal('instrument-number'),
            Type.Literal('name'),
            Type.Literal('document'),
            Type.Literal('remark'),
          ]),
          text: Type.String({ minLength: 1, maxLength: 20_000 }),
        },
        closed,
      ),
      { minItems: 1, maxItems: 10_000 },
    ),
  },
  closed,
);

export const SchemeBody = Type.Object(
  {
    scheme: Type.String({ minLength: 1, maxLength: 80 }),
    pattern: Type.String({ minLength: 1, maxLength: 300 }),
    normalise: Type.Array(Type.String({ maxLength: 40 }), { maxItems: 20 }),
  },
  closed,
);

export const RevealBody = Type.Object(
  {
    purpose: Purpose,
    refs: Type.Optional(Type.Array(Id, { maxItems: 1_000 })),
    subjects: Type.Optional(Type.Array(Id, { maxItems: 100 })),
  },
  closed,
);

export const BindBody = Type.Object(
  { owner: Id, subjects: Type.Array(Id, { minItems: 1, maxItems: 1_000 }) },
  closed,
);

export const ErasureBody = Type.Object(
  {
    /** One of the two. */
    subject: Type.Optional(Id),
    identifier: Type.Optional(IdentifierBody),
    legalBasis: Purpose,
  },
  closed,
);

/**
 * Checks bodies of one shape; compiled once, since a batch of thousands goes through it.
 *
 * @returns a function that hands back the body, or throws Problem 400 with the field at fault
 */
export function bodyChecker<S extends TObject>(schema: S): (body: unknown) => Static<S> {
  const validate = new Ajv({ strict: true }).compile(schema);
  return (body) => {
    if (validate(body)) return body as Static<S>;
    throw bodyProblem(validate.errors?.[0], body);
  };
}

/** What is wrong and where; never what was sent. */
function bodyProblem(error: ErrorObject | undefined, body: unknown): Problem {
  if (!error || typeof body !== 'object' || body === null || Array.isArray(body)) {
    return new Problem(400, 'body_is_malformed', '', 'The body must be a JSON object.');
  }
  const { instancePath, keyword, message } = error;
  const params = error.params as Record<string, unknown>;
  if (keyword === 'additionalProperties') {
    const field = `${instancePath}/${escaped(params['additionalProperty'])}`;
    return new Problem(400, 'field_is_unknown', field, 'There is no such field here.');
  }
  if (keyword === 'required') {
    const field = `${instancePath}/${escaped(params['missingProperty'])}`;
    return new Problem(400, 'field_is_invalid', field, 'The field is required.');
  }
  return new Problem(
    400,
    'field_is_invalid',
    instancePath,
    `The field ${message ?? 'is invalid'}.`,
  );
}

function escaped(name: unknown): string {
  return String(name).slice(0, 80).replaceAll('~', '~0').replaceAll('/', '~1');
}
