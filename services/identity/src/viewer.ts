import { Problem } from '@writ/service-host';

/** Who looks: from headers, unverified until authentication comes. */
export type Viewer = { authority: string | null; actor: string };

const CODE = /^[a-z0-9][a-z0-9._:-]{0,119}$/;
const ACTOR = /^(person|system):[a-z0-9][a-z0-9._:-]{0,119}$/;

/**
 * @param headers `Writ-Actor`, and `Writ-Authority` when it is in the name of one
 * @param authority whether it must be
 * @throws Problem 400 naming the header at fault
 */
export function viewerOf(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  authority: 'required' | 'optional',
): Viewer {
  const actor = header(headers, 'actor', ACTOR);
  if (actor === null) throw new Problem(400, 'actor_is_missing', '/headers/writ-actor');
  const named = header(headers, 'authority', CODE);
  if (named === null && authority === 'required') {
    throw new Problem(400, 'authority_is_missing', '/headers/writ-authority');
  }
  return { actor, authority: named };
}

function header(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  name: 'actor' | 'authority',
  form: RegExp,
): string | null {
  const value = headers[`writ-${name}`];
  if (value === undefined) return null;
  if (typeof value === 'string' && form.test(value)) return value;
  throw new Problem(400, `${name}_is_malformed`, `/headers/writ-${name}`);
}
