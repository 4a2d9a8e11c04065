import pg from 'pg';
import {
  DATABASE_ROLES,
  createStatements,
  grantStatements,
  roleStatement,
  type DatabaseRole,
} from './grants.js';

/** Connection strings of one database, by role. */
export type DatabaseUrls = Record<DatabaseRole, string>;

/**
 * Creates a service's database with its roles and grants where they are missing; again changes
 * nothing but the passwords.
 *
 * @param adminUrl of a superuser, any database of the server
 * @param schema the service's own schema, e.g. `court`
 * @param passwordOf letters, digits, `_` and `-`
 */
export async function provisionDatabase(
  adminUrl: string,
  database: string,
  schema: string,
  passwordOf: (role: DatabaseRole) => string,
): Promise<DatabaseUrls> {
  const passwords = {
    owner: passwordOf('owner'),
    writer: passwordOf('writer'),
    reader: passwordOf('reader'),
  };
  await withClient(adminUrl, async (client) => {
    // Two launchers on one server: the second waits, then finds all there.
    await client.query("SELECT pg_advisory_lock(hashtext('writ provisioning'))");
    const found = await client.query('SELECT FROM pg_database WHERE datname = $1', [database]);
    const roles = await client.query<{ rolname: string }>(
      'SELECT rolname FROM pg_roles WHERE rolname = ANY ($1)',
      [DATABASE_ROLES.map((role) => `${database}_${role}`)],
    );
    const known = new Set(roles.rows.map(({ rolname }) => rolname));
    for (const role of DATABASE_ROLES) {
      const verb = known.has(`${database}_${role}`) ? 'ALTER' : 'CREATE';
      await client.query(roleStatement(verb, database, role, passwords[role]));
    }
    if (found.rowCount === 0) {
      await client.query(createStatements(database, passwords).at(-1) ?? '');
    }
  });
  await withClient(urlOf(adminUrl, database), async (client) => {
    // An interrupted first run is completed by the next.
    for (const statement of grantStatements(database, schema)) await client.query(statement);
  });
  const urls = DATABASE_ROLES.map((role) => [
    role,
    urlOf(adminUrl, database, `${database}_${role}`, passwords[role]),
  ]);
  return Object.fromEntries(urls) as DatabaseUrls;
}

function urlOf(adminUrl: string, database: string, user?: string, password?: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  if (user !== undefined) url.username = user;
  if (password !== undefined) url.password = password;
  return url.href;
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
