/// <reference lib="es2024.string" />
import { pointerPart } from './json-pointer.js';
import { Problem } from './problem.js';

/** Far more than any body of ours; what goes through bodies by recursion relies on it. */
const LEVELS_MAX = 64;

/**
 * What no endpoint takes, whoever checks the rest of its body: text that no store keeps as it came
 * (a surrogate by itself becomes another character in UTF-8, U+0000 is refused by databases), and
 * nesting without end.
 *
 * @param body as parsed from JSON
 * @returns Problem 400 naming the first member at fault, or undefined
 */
export function bodyTextProblem(body: unknown): Problem | undefined {
  const open = [{ value: body, pointer: '', level: 0 }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, pointer, level } = next;
    if (typeof value === 'string' && isIllFormed(value)) return illFormed(pointer);
    if (typeof value !== 'object' || value === null) continue;
    if (level > LEVELS_MAX) return new Problem(400, 'body_is_nested_too_deeply', pointer);
    const members = Object.entries(value);
    if (members.some(([name]) => isIllFormed(name))) return illFormed(pointer);
    for (const [name, member] of members.reverse()) {
      open.push({ value: member, pointer: `${pointer}/${pointerPart(name)}`, level: level + 1 });
    }
  }
  return undefined;
}

// No pattern: an import's body is one text of many millions of characters.
function isIllFormed(text: string): boolean {
  return !text.isWellFormed() || text.includes('\0');
}

function illFormed(pointer: string): Problem {
  const detail = 'Text must have neither a lone surrogate nor U+0000.';
  return new Problem(400, 'text_is_ill_formed', pointer, detail);
}
