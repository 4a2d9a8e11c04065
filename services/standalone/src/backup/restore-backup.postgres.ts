import { createReadStream, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { migrationsOf, remakeDatabase, SERVICES, type ServiceName } from '@writ/service-host';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { SERVICE_DEFINITIONS } from '../services.process.js';
import {
  BackupRefused,
  MANIFEST_FILE,
  mustBeOfThisBuild,
  mustHaveItsKeys,
  readManifest,
  type DatabaseCopy,
  type Manifest,
} from './manifest.js';
import { asOwner, emptyDatabase, mustBeStopped, ownerOf } from './owner-session.postgres.js';
import { digestOf, type Owners } from './take-backup.postgres.js';

export type RestoreOptions = {
  /** Of the databases to be restored at least. */
  owners: Partial<Owners>;
  /** Prints of the keys that lie there now. */
  keys: Readonly<Record<string, string>>;
  /** Default: all of them. */
  only?: readonly ServiceName[];
  /** What the databases hold now is given up. */
  replace?: boolean;
  note: (line: string) => void;
};

/**
 * Puts databases back as a backup has them. Everything is checked before anything is changed, and
 * each is as it was until it is whole. No epoch is opened here: that is a decision.
 *
 * @returns what was restored
 * @throws BackupRefused when the backup is not whole, of another build or of other keys, when a
 *   service is connected, or a database is not empty and `replace` was not said
 */
export async function restoreBackup(folder: string, options: RestoreOptions): Promise<Manifest> {
  const only = options.only ?? SERVICES;
  const manifest = await checkBackup(folder, options.keys);
  for (const service of only) await mustBeRestorable(service, options);
  for (const service of only) {
    options.note(`${service}: ${manifest.databases[service].tables.length} tables`);
    await restoreDatabase(
      folder,
      service,
      ownerOf(options.owners, service),
      manifest.databases[service],
    );
  }
  return manifest;
}

/** @throws BackupRefused naming the first thing that is not as it was written */
export async function checkBackup(
  folder: string,
  keys: Readonly<Record<string, string>>,
): Promise<Manifest> {
  const file = join(folder, MANIFEST_FILE);
  if (!existsSync(file)) throw new BackupRefused(`${folder} holds no whole backup`);
  const manifest = readManifest(await readFile(file, 'utf8'));
  const known = SERVICE_DEFINITIONS.map((one) => [one.name, migrationsOf(one)] as const);
  mustBeOfThisBuild(manifest, Object.fromEntries(known) as Record<ServiceName, string[]>);
  mustHaveItsKeys(manifest, keys);
  for (const { tables } of Object.values(manifest.databases)) {
    for (const { file: name, sha256 } of tables) {
      const isThere = /^[\w.]+$/.test(name) && existsSync(join(folder, name));
      if (!isThere) throw new BackupRefused(`${name} is missing`);
      if ((await digestOf(join(folder, name))) !== sha256) {
        throw new BackupRefused(`${name} is not as it was written`);
      }
    }
  }
  return manifest;
}

async function mustBeRestorable(service: ServiceName, options: RestoreOptions): Promise<void> {
  await asOwner(ownerOf(options.owners, service), async (db) => {
    await mustBeStopped(db, service);
    const { rows } = await db.query<{ there: boolean }>(
      'SELECT to_regclass($1) IS NOT NULL AS there',
      [`${service}.migration`],
    );
    if (rows[0]?.there && !options.replace) {
      throw new BackupRefused(`the database of ${service} is not empty: --replace gives it up`);
    }
  });
}

/** In one transaction: until its end the database is as it was, whatever fails. */
async function restoreDatabase(
  folder: string,
  service: ServiceName,
  owner: string,
  copy: DatabaseCopy,
): Promise<void> {
  const definition = SERVICE_DEFINITIONS.find(({ name }) => name === service);
  if (!definition) throw new Error(`there is no service ${service}`);
  await remakeDatabase(definition, owner, {
    emptied: (db) => emptyDatabase(db, service),
    // As it was when it was copied; what this build has beyond runs behind it, as an upgrade does.
    upTo: new Set(copy.migrations),
    filled: (db) => loadDatabase(db, folder, copy),
    // Whoever came in meanwhile may have read what is about to be gone.
    committed: () => asOwner(owner, (db) => mustBeStopped(db, service)),
  });
}

/** What migrations put in is in the backup as well, or was changed since. */
async function loadDatabase(db: pg.ClientBase, folder: string, copy: DatabaseCopy): Promise<void> {
  const names = copy.tables.map(({ schema, table }) => `"${schema}"."${table}"`);
  // A ledger's guards are for those who write to it.
  for (const name of names) await db.query(`ALTER TABLE ${name} DISABLE TRIGGER USER`);
  // Not TRUNCATE: a table of this very transaction, perhaps with events pending.
  for (const { schema, table } of inLoadingOrder(copy).toReversed()) {
    await db.query(`DELETE FROM "${schema}"."${table}"`);
  }
  for (const { schema, table, columns, file, rows } of inLoadingOrder(copy)) {
    const into = `COPY "${schema}"."${table}" (${columns.join(', ')}) FROM STDIN`;
    const loading = db.query(copyFrom(into));
    await pipeline(createReadStream(join(folder, file)), createGunzip(), loading);
    if (loading.rowCount !== rows) throw new Error(`${file}: ${loading.rowCount} rows of ${rows}`);
  }
  for (const { schema, sequence, last, isCalled } of copy.sequences) {
    const name = `"${schema}"."${sequence}"`;
    await db.query('SELECT setval($1::regclass, $2::bigint, $3)', [name, last, isCalled]);
  }
  for (const name of names) await db.query(`ALTER TABLE ${name} ENABLE TRIGGER USER`);
}

/** Identity's rows refer to its subjects and data keys, and to nothing else. */
function inLoadingOrder({ tables }: DatabaseCopy): DatabaseCopy['tables'] {
  const isReferredTo = (table: string) => table === 'subject' || table === 'data_key';
  return tables.toSorted((a, b) => Number(isReferredTo(b.table)) - Number(isReferredTo(a.table)));
}
