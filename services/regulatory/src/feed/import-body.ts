import { Type, type Static } from '@sinclair/typebox';
import { Ajv, type ValidateFunction } from 'ajv';
import { closed } from '@writ/contracts';
import { record, refuse, type Decision } from '@writ/decider';
import { isInstant } from '@writ/law';
import { describeFeed, type DescriptionRefusal } from './describe-feed.js';
import type { ImportRequest } from './import-feed.process.js';
import { fromBase64 } from './unpack.js';

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
  | 'description_is_of_another_list';

let validator: ValidateFunction | undefined;

/**
 * An import request's body: the description, one file as base64, and up to when.
 *
 * @param list the list in the path
 */
export function readImportBody(
  list: string,
  given: unknown,
): Decision<ImportRequest, ImportBodyRefusal> {
  validator ??= new Ajv({ strict: false }).compile(ImportBodySchema);
  if (!validator(given)) {
    const [error] = validator.errors ?? [];
    const params = (error?.params ?? {}) as Record<string, string>;
    const named = params['additionalProperty'] ?? params['missingProperty'];
    const path = error?.instancePath ?? '';
    return refuse('body_is_malformed', named === undefined ? path : `${path}/${named}`);
  }
  const { description, file, upTo } = given as Static<typeof ImportBodySchema>;
  const described = describeFeed(description);
  if (described.kind === 'refuse') {
    return refuse(described.refusal.reason, `/description${described.refusal.field ?? ''}`);
  }
  const [feed] = described.events;
  if (feed?.list !== list) return refuse('description_is_of_another_list', '/description/list');
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
