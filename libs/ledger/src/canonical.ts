import { LedgerInputError } from './ledger-error.js';

/** Longest canonical text of one event, in UTF-8 bytes. */
export const CANONICAL_BYTES_MAX = 60_000;

const DEPTH_MAX = 32;
const PLAIN = /^[ !#-[\]-~]*$/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * RFC 8785 (JCS) text of a value made of objects, arrays, strings, safe integers and booleans.
 * Members whose value is undefined are left out, as in JSON.
 *
 * @param pointer JSON Pointer of the value, for the error
 * @throws LedgerInputError `number_is_not_a_safe_integer`, `text_holds_a_nul`,
 *   `text_holds_a_lone_surrogate`, `value_is_not_json`, `value_is_nested_too_deeply`
 */
export function canonicalText(value: unknown, pointer = '', depth = 0): string {
  switch (typeof value) {
    case 'string':
      return canonicalString(value, pointer);
    case 'number':
      if (Number.isSafeInteger(value)) return String(value);
      throw new LedgerInputError('number_is_not_a_safe_integer', pointer);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (depth >= DEPTH_MAX) throw new LedgerInputError('value_is_nested_too_deeply', pointer);
      if (Array.isArray(value)) return canonicalArray(value, pointer, depth);
      if (isPlainObject(value)) return canonicalObject(value, pointer, depth);
  }
  throw new LedgerInputError('value_is_not_json', pointer);
}

function isPlainObject(value: object | null): value is Record<string, unknown> {
  if (value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Not `=== Object.prototype`: another realm (a worker's, a test runner's) has its own.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function canonicalString(text: string, pointer: string): string {
  // Nearly every string is plain ASCII: no escape, no check of surrogates.
  if (PLAIN.test(text)) return `"${text}"`;
  if (text.includes('\0')) throw new LedgerInputError('text_holds_a_nul', pointer);
  if (LONE_SURROGATE.test(text)) {
    throw new LedgerInputError('text_holds_a_lone_surrogate', pointer);
  }
  // For well-formed strings JSON.stringify escapes exactly what RFC 8785 asks for.
  return JSON.stringify(text);
}

function canonicalArray(values: readonly unknown[], pointer: string, depth: number): string {
  // Not `map`: it would pass over the holes of a sparse array.
  const parts: string[] = [];
  for (let index = 0; index < values.length; index++) {
    parts.push(canonicalText(values[index], `${pointer}/${index}`, depth + 1));
  }
  return `[${parts.join(',')}]`;
}

function canonicalObject(object: Record<string, unknown>, pointer: string, depth: number): string {
  let text = '';
  // The default order of `sort` is that of UTF-16 code units, as RFC 8785 asks for.
  for (const key of Object.keys(object).sort()) {
    const value = object[key];
    if (value === undefined) continue;
    const at = `${pointer}/${key}`;
    const member = `${canonicalString(key, at)}:${canonicalText(value, at, depth + 1)}`;
    text = text === '' ? member : `${text},${member}`;
  }
  return `{${text}}`;
}
