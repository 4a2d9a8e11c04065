import { Type, type Static, type TSchema } from '@sinclair/typebox';
import { Ajv, type ValidateFunction } from 'ajv';
import { closed } from '@writ/contracts';
import { record, refuse, type Decision } from '@writ/decider';
import { isInstant } from '@writ/law';
import type { FeedDescription } from './description-schema.js';
import { describeFeed, type DescriptionRefusal } from './describe-feed.js';
import { fromBase64 } from './unpack.js';

export type ImportRequest = {
  feed: FeedDescription;
  file: { name: string; bytes: Buffer; observedAt?: string };
  /** Snapshots observed later are left for another import. */
  upTo?: string;
};

const ImportBodySchema = closed({
  description: Type.Unknown(),
  file: closed({
    name: Type.String({ minLength: 1, maxLength: 300 }),
    bytes: Type.String(),
    observedAt: Type.Optional(Type.String()),
  }),
  upTo: Type.Optional(Type.String()),
});

export type ImportBodyRefusal =
  | DescriptionRefusal
  | 'body_is_malformed'
  | 'bytes_are_not_base64'
  | 'instant_is_malformed'
  | 'description_is_of_another_list'
  | 'form_is_taken_in_by_another_service';

const OrderBodySchema = closed({
  description: Type.Unknown(),
  names: Type.Array(Type.String({ minLength: 1, maxLength: 300 }), { maxItems: 100_000 }),
});

export type OrderRequest = { feed: FeedDescription; names: string[] };

const validators = new Map<TSchema, ValidateFunction>();

/**
 * An import request's body: the description, one file as base64, and up to when.
 *
 * @param list the list in the path
 * @param forms those this service takes in
 */
export function readImportBody(
  list: string,
  given: unknown,
  forms: readonly FeedDescription['form'][],
): Decision<ImportRequest, ImportBodyRefusal> {
  const described = readDescription(list, given, ImportBodySchema);
  if (described.kind === 'refuse') return described;
  const [feed] = described.events;
  if (!feed) throw new Error('a description that is taken is there');
  if (!forms.includes(feed.form)) {
    return refuse('form_is_taken_in_by_another_service', '/description/form');
  }
  const { file, upTo } = given as Static<typeof ImportBodySchema>;
  if (upTo !== undefined && !isInstant(upTo)) return refuse('instant_is_malformed', '/upTo');
  const { name, observedAt } = file;
  if (observedAt !== undefined && !isInstant(observedAt)) {
    return refuse('instant_is_malformed', '/file/observedAt');
  }
  const bytes = fromBase64(file.bytes);
  if (!bytes) return refuse('bytes_are_not_base64', '/file/bytes');
  const opened = observedAt === undefined ? { name, bytes } : { name, bytes, observedAt };
  return record(upTo === undefined ? { feed, file: opened } : { feed, file: opened, upTo });
}

/** What asks for the order of a feed's files. */
export function readOrderBody(
  list: string,
  given: unknown,
): Decision<OrderRequest, ImportBodyRefusal> {
  const described = readDescription(list, given, OrderBodySchema);
  if (described.kind === 'refuse') return described;
  const { names } = given as Static<typeof OrderBodySchema>;
  return record(...described.events.map((feed) => ({ feed, names })));
}

function readDescription(
  list: string,
  given: unknown,
  schema: TSchema,
): Decision<FeedDescription, ImportBodyRefusal> {
  const validator = validators.get(schema) ?? new Ajv({ strict: false }).compile(schema);
  validators.set(schema, validator);
  if (!validator(given)) {
    const [error] = validator.errors ?? [];
    const params = (error?.params ?? {}) as Record<string, string>;
    const named = params['additionalProperty'] ?? params['missingProperty'];
    const path = error?.instancePath ?? '';
    return refuse('body_is_malformed', named === undefined ? path : `${path}/${named}`);
  }
  const { description } = given as { description: unknown };
  const described = describeFeed(description);
  if (described.kind === 'refuse') {
    return refuse(described.refusal.reason, `/description${described.refusal.field ?? ''}`);
  }
  const [feed] = described.events;
  if (feed?.list !== list) return refuse('description_is_of_another_list', '/description/list');
  return record(feed);
}
