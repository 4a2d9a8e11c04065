/**
 * The one text of a state: members sorted by name (UTF-16 order, as RFC 8785), nothing undefined.
 * States hold safe integers, strings, booleans, arrays and plain objects only.
 */
export function canonicalState(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalState).join(',')}]`;
  const members = value as Readonly<Record<string, unknown>>;
  let text = '';
  for (const name of Object.keys(members).sort()) {
    const member = members[name];
    if (member === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${canonicalState(member)}`;
  }
  return `{${text}}`;
}
