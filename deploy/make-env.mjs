/**
 * Prints an environment file for docker-compose.yml with a random password for every database role:
 *
 *   node deploy/make-env.mjs > .env
 */
import { randomBytes } from 'node:crypto';

const SERVICES = ['identity', 'court', 'regulatory', 'enforcement', 'projection'];
const names = [
  'POSTGRES_PASSWORD',
  ...SERVICES.flatMap((service) =>
    ['owner', 'writer', 'reader'].map((role) => `WRIT_${service}_${role}_PASSWORD`.toUpperCase()),
  ),
];
for (const name of names)
  process.stdout.write(`${name}=${randomBytes(24).toString('base64url')}\n`);
