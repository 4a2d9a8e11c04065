/** One golden of an earlier version that a later schema does not accept. */
export type Incompatibility = { schema: string; golden: string };

/** @returns family and version of a fact's or an order's type: `court.subject-listed`, 1 */
export function versionOf(type: string): { family: string; version: number } {
  const match = /^(.+)\.v([1-9][0-9]*)$/.exec(type);
  if (!match) throw new Error(`a type ends in its version: ${type}`);
  return { family: match[1] ?? '', version: Number(match[2]) };
}

/**
 * Does every schema accept its own golden and, but for the type's name, every golden before it? A
 * version that fails this could not be read by the code of the next decade.
 *
 * @param accepts whether a schema of the catalogue accepts a value
 */
export function incompatibilities(
  catalogue: Readonly<Record<string, unknown>>,
  goldens: ReadonlyMap<string, Record<string, unknown>>,
  accepts: (type: string, value: unknown) => boolean,
): Incompatibility[] {
  const found: Incompatibility[] = [];
  for (const type of Object.keys(catalogue)) {
    const { family, version } = versionOf(type);
    for (let earlier = 1; earlier <= version; earlier++) {
      const golden = `${family}.v${earlier}`;
      const value = goldens.get(golden);
      if (!value || !accepts(type, { ...value, type })) found.push({ schema: type, golden });
    }
  }
  return found;
}

/** @returns JSON Pointers of objects in a schema that do not say `additionalProperties: false` */
export function openObjects(schema: unknown, pointer = ''): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const node = schema as Record<string, unknown>;
  const open = node['type'] === 'object' && node['additionalProperties'] !== false;
  const below = Object.entries(node).flatMap(([name, value]) =>
    openObjects(value, `${pointer}/${name}`),
  );
  return open ? [pointer, ...below] : below;
}
