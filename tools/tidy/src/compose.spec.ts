import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

/**
 * As far as compose can be checked without an engine: the schema of the Compose Specification, and
 * that everything the file names exists. Whether the images build and run is not shown here.
 */
const root = path.resolve(import.meta.dirname, '../../..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

type Service = {
  image?: string;
  command?: string[];
  build?: { context: string; dockerfile: string };
  environment?: Record<string, string>;
  volumes?: string[];
  ports?: string[];
  healthcheck?: unknown;
  restart?: string;
  depends_on?: Record<string, { condition: string }>;
};
type Compose = { services: Record<string, Service>; volumes: Record<string, unknown> };

const compose = parse(read('docker-compose.yml'), { merge: true }) as Compose;
const SERVICES = ['identity', 'court', 'regulatory', 'enforcement', 'projection'];
const validate = new Ajv2020({
  strict: false,
  allowUnionTypes: true,
  validateFormats: false,
}).compile(JSON.parse(read('deploy/compose-spec.schema.json')) as object);

describe('docker-compose.yml', () => {
  it('is what the Compose Specification allows', () => {
    expect([validate(compose), validate.errors]).toEqual([true, null]);
  });

  it.each([
    ['an unknown key of a service', { services: { court: { comand: [] } } }],
    ['a port that is no port', { services: { court: { ports: 80 } } }],
    ['a volume that is a number', { services: { court: { volumes: [1] } } }],
  ])('would not pass with %s', (_, broken) => {
    expect(validate(broken)).toBe(false);
  });

  it('runs every service by itself, after a healthy Postgres and Kafka', () => {
    for (const name of SERVICES) {
      const service = compose.services[name];
      expect(service?.command).toEqual([
        'node',
        `services/${name}/dist/main.js`,
        '--insecure-bind',
      ]);
      expect(existsSync(path.join(root, 'services', name, 'src/main.ts'))).toBe(true);
      expect(service?.depends_on).toEqual({
        postgres: { condition: 'service_healthy' },
        kafka: { condition: 'service_healthy' },
        [`${name}-migrate`]: { condition: 'service_completed_successfully' },
      });
      expect(existsSync(path.join(root, service?.build?.dockerfile ?? 'missing'))).toBe(true);
    }
    for (const [name, { healthcheck }] of Object.entries(compose.services)) {
      expect([name, healthcheck !== undefined]).toEqual([name, !name.endsWith('-migrate')]);
    }
  });

  it('migrates as owner once before each service, which never gets that password', () => {
    for (const name of SERVICES) {
      const once = compose.services[`${name}-migrate`];
      const setting = `WRIT_${name.toUpperCase()}_DB_OWNER`;
      expect(once?.command).toEqual(['node', `services/${name}/dist/main.js`, '--migrate']);
      expect(once?.restart).toBe('no');
      expect(Object.keys(once?.environment ?? {})).toEqual([setting]);
      expect(once?.depends_on).toEqual({ postgres: { condition: 'service_healthy' } });
      expect(JSON.stringify(compose.services[name]?.environment)).not.toMatch(/owner/i);
    }
  });

  it('names only settings that the services read', () => {
    const known = read('libs/service-host/src/config.ts');
    const perService = /^WRIT_(IDENTITY|COURT|REGULATORY|ENFORCEMENT|PROJECTION)_/;
    for (const name of SERVICES) {
      for (const setting of Object.keys(compose.services[name]?.environment ?? {})) {
        const generic = setting.replace(perService, 'WRIT_<SERVICE>_');
        const pattern = generic.replace(/_DB_(WRITER|READER)$/, '_DB_{WRITER,READER}');
        expect([setting, known.includes(pattern)]).toEqual([setting, true]);
      }
    }
  });

  it('publishes on loopback only, and mounts only what exists or is declared', () => {
    for (const { ports = [], volumes = [] } of Object.values(compose.services)) {
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
      for (const volume of volumes) {
        const [source = ''] = volume.split(':');
        const there = source.startsWith('./')
          ? existsSync(path.join(root, source))
          : Object.hasOwn(compose.volumes, source);
        expect([source, there]).toEqual([source, true]);
      }
    }
  });

  it('asks for no more passwords than deploy/make-env.mjs makes', () => {
    const asked = new Set(
      [...read('docker-compose.yml').matchAll(/\$\{([A-Z_]+):/g)].map((m) => m[1]),
    );
    const made = new Set(
      SERVICES.flatMap((service) =>
        ['OWNER', 'WRITER', 'READER'].map(
          (role) => `WRIT_${service.toUpperCase()}_${role}_PASSWORD`,
        ),
      ),
    ).add('POSTGRES_PASSWORD');
    expect(asked).toEqual(made);
  });
});
