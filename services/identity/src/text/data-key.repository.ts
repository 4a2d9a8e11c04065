import { randomBytes } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { DATA_KEY_BYTES, keyDigest, unwrapDataKey, wrapDataKey } from './sealing.js';
import { KeyDigestRow } from '../identity.entity.js';

/** Of an owner whose key was destroyed: nothing of theirs can be sealed or opened again. */
export const ERASED = Symbol('erased');

type WrappedRow = { owner: string; wrapped: Buffer | null };

/**
 * The data keys of owners that have one.
 *
 * @throws Error when a key does not unwrap: the key file is not the one it was wrapped under
 */
export async function dataKeys(
  manager: EntityManager,
  keyFile: Buffer,
  owners: readonly string[],
): Promise<Map<string, Buffer | typeof ERASED>> {
  const rows = await manager.query<WrappedRow[]>(
    `SELECT owner, wrapped FROM identity.data_key
     WHERE owner = ANY(string_to_array($1, E'\\n'))`,
    [owners.join('\n')],
  );
  return new Map(
    rows.map(({ owner, wrapped }) => [
      owner,
      wrapped === null ? ERASED : unwrapDataKey(keyFile, owner, wrapped),
    ]),
  );
}

/** The same, with a new key for every owner that has none. */
export async function dataKeysOrNew(
  manager: EntityManager,
  keyFile: Buffer,
  owners: readonly string[],
  at: Date,
): Promise<Map<string, Buffer | typeof ERASED>> {
  const keys = await dataKeys(manager, keyFile, owners);
  // In one order everywhere: two batches that create the same keys wait, and never for each other.
  const missing = [...new Set(owners)].filter((owner) => !keys.has(owner)).sort();
  if (missing.length === 0) return keys;
  const rows = missing.map((owner) => {
    const wrapped = wrapDataKey(keyFile, owner, randomBytes(DATA_KEY_BYTES));
    return { owner, wrapped: wrapped.toString('base64') };
  });
  await manager.query(
    `INSERT INTO identity.data_key (owner, wrapped, created_at)
     SELECT owner, decode(wrapped, 'base64'), $2
     FROM json_to_recordset($1) AS row (owner text, wrapped text)
     ON CONFLICT (owner) DO NOTHING`,
    [JSON.stringify(rows), at],
  );
  // Another process may have been first: what the table holds is the key.
  for (const [owner, key] of await dataKeys(manager, keyFile, missing)) keys.set(owner, key);
  return keys;
}

/**
 * Remembers a digest of each key file at the first start, and compares at every later one.
 *
 * @throws Error when a key file is another than the database was written under
 */
export async function assertKeysAreOurs(
  manager: EntityManager,
  keys: Readonly<Record<string, Buffer>>,
): Promise<void> {
  for (const [name, key] of Object.entries(keys)) {
    const digest = keyDigest(name, key);
    await manager
      .createQueryBuilder()
      .insert()
      .into(KeyDigestRow)
      .values({ name, digest })
      .orIgnore()
      .execute();
    const known = await manager.findOneByOrFail(KeyDigestRow, { name });
    if (known.digest !== digest) {
      throw new Error(`${name}.key is not the key this database was written under: restore it`);
    }
  }
}
