import { Type, type Static } from '@sinclair/typebox';
import { LEDGERS, type StatusResponse } from '@writ/contracts';
import type { OpenApiOperation } from '@writ/service-host';
import { StatusBody } from './status-request.js';

const closed = { additionalProperties: false };
const words = <T extends string>(...allowed: T[]) =>
  Type.Union(allowed.map((word) => Type.Literal(word)));
const Place = Type.Integer({ minimum: -1 });
const Position = Type.Object(
  { court: Place, regulatory: Place, enforcement: Place, 'regulatory.reference': Place },
  { ...closed, description: 'Opaque; record takes it as knownAt.' },
);

const Cause = Type.Object(
  {
    ledger: words(...LEDGERS),
    cause: Type.String(),
    list: Type.String(),
    issuer: Type.String(),
    measure: Type.String(),
    legalBasis: Type.String(),
    remedy: Type.String({ description: 'What ends it, in a word.' }),
  },
  closed,
);

const Undetermined = Type.Object(
  {
    reason: Type.String(),
    since: Type.String({ description: 'An instant, or never-current.' }),
    mustAct: Type.String(),
  },
  closed,
);

const OfMeasure = Type.Object(
  {
    measure: Type.String({ description: 'As asked, or any.' }),
    answer: words('RESTRICTED', 'NOT_RESTRICTED', 'UNDETERMINED', 'NOT_COVERED'),
    causes: Type.Optional(Type.Array(Cause)),
    undetermined: Type.Optional(Type.Array(Undetermined)),
  },
  closed,
);

const LastWatermark = Type.Union([Type.String({ format: 'date-time' }), Type.Null()]);

/** What `POST /projection/v1/status` answers: `StatusResponse` as a schema. */
export const StatusAnswer = Type.Object(
  {
    answers: Type.Array(
      Type.Object(
        {
          measures: Type.Array(OfMeasure),
          position: Position,
          answerId: Type.Optional(Type.String({ description: 'Set when journalled.' })),
        },
        closed,
      ),
      { description: 'One per subject, in the order asked.' },
    ),
    position: Position,
    currentTo: Type.Object(
      {
        court: LastWatermark,
        regulatory: LastWatermark,
        enforcement: LastWatermark,
        aliases: LastWatermark,
      },
      closed,
    ),
  },
  closed,
);

/** Does not compile where schema and type part. */
const _isTheType: (answer: Static<typeof StatusAnswer>) => StatusResponse = (answer) => answer;

/** The status route as the OpenAPI document has it: a plain route, of which Nest knows nothing. */
export const STATUS_OPERATION: OpenApiOperation = {
  operationId: 'status',
  tags: ['Status'],
  summary: 'Whether measures are imposed on subjects, now: asked at a counter.',
  description: 'Only RESTRICTED is a ground to refuse; on UNDETERMINED serve and ask again.',
  parameters: ['Writ-Authority', 'Writ-Actor'].map((name) => ({
    name,
    in: 'header',
    required: false,
    description: 'Who asks, for the journal; unverified.',
    schema: { type: 'string' },
  })),
  requestBody: {
    required: true,
    content: { 'application/json': { schema: StatusBody as object } },
  },
  responses: {
    200: {
      description: 'An answer per subject and measure, and how current it is.',
      content: { 'application/json': { schema: StatusAnswer as object } },
    },
  },
};
