import { SERVICES, type ServiceName } from '@writ/service-host';

/** One table as it lies in the backup: Postgres' COPY text, compressed. */
export type TableCopy = {
  schema: string;
  table: string;
  columns: string[];
  /** Within the backup's folder. */
  file: string;
  rows: number;
  /** Of the file, hex. */
  sha256: string;
};

export type DatabaseCopy = {
  /** Migrations that had run, by name. */
  migrations: string[];
  tables: TableCopy[];
  /** What the next value of each sequence follows. */
  sequences: { schema: string; sequence: string; last: string; isCalled: boolean }[];
  /** Of a service with a ledger: where it stood. */
  ledger?: { epoch: number; size: number };
};

export type Manifest = {
  format: 1;
  /** The one moment at which all databases stood so. */
  at: string;
  databases: Record<ServiceName, DatabaseCopy>;
  /** Key file → hex SHA-256 of it: which keys this backup needs, not the keys. */
  keys: Record<string, string>;
};

/** A backup that cannot be used, or a restore that must not begin; nothing was changed. */
export class BackupRefused extends Error {}

/** The last file written, in its place when all others are. */
export const MANIFEST_FILE = 'manifest.json';

/** @throws BackupRefused when the text is no manifest that this build reads */
export function readManifest(text: string): Manifest {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(text) as Manifest;
  } catch {
    throw new BackupRefused('its manifest is no JSON');
  }
  if (manifest?.format !== 1) throw new BackupRefused('it is of a format that is not known here');
  const isWhole = SERVICES.every((service) => Array.isArray(manifest.databases?.[service]?.tables));
  if (!isWhole || typeof manifest.keys !== 'object') {
    throw new BackupRefused('its manifest lacks databases');
  }
  return manifest;
}

/**
 * @param known migrations of this build, per service
 * @throws BackupRefused when the backup was taken by a newer build
 */
export function mustBeOfThisBuild(
  { databases }: Manifest,
  known: Readonly<Record<ServiceName, readonly string[]>>,
): void {
  for (const service of SERVICES) {
    const strange = databases[service].migrations.find((name) => !known[service].includes(name));
    if (strange !== undefined) {
      throw new BackupRefused(`${service} was at ${strange}, which this build does not know`);
    }
  }
}

/**
 * @param held key file → hex SHA-256, as they lie there now
 * @throws BackupRefused naming a key that is missing or another one
 */
export function mustHaveItsKeys({ keys }: Manifest, held: Readonly<Record<string, string>>): void {
  for (const [name, print] of Object.entries(keys)) {
    if (held[name] === print) continue;
    const why = held[name] === undefined ? 'is not there' : 'is another one';
    throw new BackupRefused(`${name} ${why}: put the keys of the backup in their place first`);
  }
}
