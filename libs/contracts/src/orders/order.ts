import { Type, type TObject } from '@sinclair/typebox';
import { closed } from '../envelope.js';

/** The services that take orders over Kafka and in batches. */
export const ORDER_SERVICES = ['court', 'regulatory'] as const;
export type OrderService = (typeof ORDER_SERVICES)[number];

/** One type of order: what is asked, not what is recorded. */
export type OrderLine = {
  service: OrderService;
  summary: string;
  /**
   * The command over HTTP that it is: `POST` there. Names in braces are members of `data`, which
   * the body then lacks.
   */
  path: string;
  data: TObject;
};

/** A larger order is refused unread; each is worth a request, none an upload. */
export const ORDER_BYTES_MAX = 256 * 1024;

/** Of an order and its retries, unique per authority and actor: the `Idempotency-Key` it is. */
export const OrderId = Type.String({ pattern: '^[!-~]{1,200}$' });

/** All identifiers of one subject. They go to the identity service alone; never recorded. */
export const SubjectNamed = closed({
  identifiers: Type.Array(
    closed({
      scheme: Type.String({ minLength: 1, maxLength: 120 }),
      value: Type.String({ minLength: 1, maxLength: 200 }),
    }),
    { minItems: 1, maxItems: 20 },
  ),
});

/** Refused unless the stream stands at this version. */
export const ExpectedVersion = Type.Optional(Type.Integer({ minimum: 0 }));
