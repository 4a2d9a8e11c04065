/** Texts of values already written, by identity: a listing is in its state and in its history. */
export type Written = ReadonlyMap<unknown, string>;

/**
 * The one text of a state: members sorted by name (UTF-16 order, as RFC 8785), nothing undefined.
 * States hold safe integers, strings, booleans, arrays and plain objects only.
 */
export function canonicalState(value: unknown, written?: Written): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const known = written?.get(value);
  if (known !== undefined) return known;
  if (Array.isArray(value)) return arrayText(value, written);
  const members = value as Readonly<Record<string, unknown>>;
  const names = Object.keys(members);
  // What was parsed from canonical text is in order already: looked at, not sorted.
  if (!isSorted(names)) names.sort();
  let text = '';
  for (const name of names) {
    const member = members[name];
    if (member === undefined) continue;
    text += `${text === '' ? '{' : ','}${quoted(name)}:${canonicalState(member, written)}`;
  }
  return text === '' ? '{}' : `${text}}`;
}

function arrayText(values: readonly unknown[], written: Written | undefined): string {
  let text = '[';
  for (let index = 0; index < values.length; index++) {
    text += (index === 0 ? '' : ',') + canonicalState(values[index], written);
  }
  return `${text}]`;
}

function isSorted(names: readonly string[]): boolean {
  for (let index = 1; index < names.length; index++) {
    if (names[index - 1]! > names[index]!) return false;
  }
  return true;
}

/** Member names are few; ids, which are many, need no escape. */
function quoted(name: string): string {
  return PLAIN.test(name) ? `"${name}"` : JSON.stringify(name);
}

const PLAIN = /^[A-Za-z0-9_./:-]*$/;
