/** The three roles of a service's database; there is no fourth. */
export const DATABASE_ROLES = ['owner', 'writer', 'reader'] as const;
export type DatabaseRole = (typeof DATABASE_ROLES)[number];

const NAME = /^[a-z][a-z0-9_]{0,40}$/;

function name(value: string): string {
  if (!NAME.test(value)) throw new RangeError('not a name of a database or schema');
  return value;
}

/**
 * Statements for the database itself, run by a superuser with `database` selected. They can be run
 * again. The owner is for migrations only and never used by a running service. The schemas
 * `ledger` and `exchange` come with their own migrations, which grant what each role may do there
 * (nobody UPDATE or DELETE on a ledger).
 *
 * @param database e.g. `writ_court`; its roles are `writ_court_owner`, `…_writer`, `…_reader`
 * @param schema of the service's own tables
 */
export function grantStatements(database: string, schema: string): string[] {
  const [owner, writer, reader] = DATABASE_ROLES.map((role) => `${name(database)}_${role}`);
  const defaults = `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA ${name(schema)} GRANT`;
  return [
    `REVOKE ALL ON DATABASE ${database} FROM PUBLIC`,
    `GRANT CONNECT ON DATABASE ${database} TO ${owner}, ${writer}, ${reader}`,
    `GRANT CREATE ON DATABASE ${database} TO ${owner}`,
    'REVOKE ALL ON SCHEMA public FROM PUBLIC',
    `CREATE SCHEMA IF NOT EXISTS ${schema} AUTHORIZATION ${owner}`,
    `GRANT USAGE ON SCHEMA ${schema} TO ${writer}, ${reader}`,
    `${defaults} SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${writer}`,
    `${defaults} USAGE, SELECT ON SEQUENCES TO ${writer}`,
    `${defaults} SELECT ON TABLES TO ${reader}`,
  ];
}

/** Statements before that, with any database selected; roles and database must not exist yet. */
export function createStatements(
  database: string,
  passwords: Readonly<Record<DatabaseRole, string>>,
): string[] {
  return [
    ...DATABASE_ROLES.map((role) => roleStatement('CREATE', database, role, passwords[role])),
    `CREATE DATABASE ${name(database)} OWNER ${database}_owner`,
  ];
}

/** Creates a role, or gives it a password anew. It can log in and nothing else. */
export function roleStatement(
  verb: 'CREATE' | 'ALTER',
  database: string,
  role: DatabaseRole,
  password: string,
): string {
  if (!/^[\w:$'-]{8,200}$/.test(password)) throw new RangeError('not a password of ours');
  const secret = password.startsWith(':') ? password : `'${password.replaceAll("'", '')}'`;
  return (
    `${verb} ROLE ${name(database)}_${role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE ` +
    `NOREPLICATION NOBYPASSRLS PASSWORD ${secret}`
  );
}

/**
 * The same as a psql script for operators (`deploy/grants.sql`); passwords are psql variables
 * (`psql -v writ_court_owner=… -f deploy/grants.sql`).
 *
 * @param databases each with its service's schema
 */
export function grantsScript(databases: readonly { database: string; schema: string }[]): string {
  const lines = [
    '-- Generated from libs/local-servers/src/grants.ts; a test compares. Run once by a superuser:',
    '-- psql -v ON_ERROR_STOP=1 -v writ_court_owner=SECRET … -f deploy/grants.sql postgres',
  ];
  for (const { database, schema } of databases) {
    const variable = (role: DatabaseRole) => `:'${database}_${role}'`;
    const passwords = {
      owner: variable('owner'),
      writer: variable('writer'),
      reader: variable('reader'),
    };
    lines.push('', ...createStatements(database, passwords).map((line) => `${line};`));
    lines.push(`\\connect ${database}`);
    lines.push(...grantStatements(database, schema).map((line) => `${line};`));
  }
  return `${lines.join('\n')}\n`;
}
