import { pointerPart } from './json-pointer.js';
import { Problem } from './problem.js';

/** What class-validator says of one member. */
export type InvalidMember = {
  property: string;
  constraints?: Record<string, string>;
  children?: InvalidMember[];
};

/**
 * The first thing wrong with a body: 400 with the pointer of the member at fault. Messages name
 * members and what they must be, never what was sent.
 */
export function bodyProblem(invalid: readonly InvalidMember[]): Problem {
  const [found] = invalid.flatMap((member) => wrongIn(member, ''));
  if (!found) return new Problem(400, 'body_is_malformed', '');
  const [rule, message] = Object.entries(found.constraints)[0] ?? ['', undefined];
  if (rule === 'unknownValue') return new Problem(400, 'body_is_malformed', '');
  const reason = rule === 'whitelistValidation' ? 'field_is_unknown' : 'field_is_invalid';
  return new Problem(400, reason, found.pointer, message);
}

function wrongIn(
  member: InvalidMember,
  above: string,
): { pointer: string; constraints: Record<string, string> }[] {
  const pointer = `${above}/${pointerPart(String(member.property))}`;
  const here = member.constraints ? [{ pointer, constraints: member.constraints }] : [];
  return [...here, ...(member.children ?? []).flatMap((child) => wrongIn(child, pointer))];
}
