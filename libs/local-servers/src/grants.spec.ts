import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { grantStatements, grantsScript, roleStatement } from './grants.js';

const SERVICES = ['identity', 'court', 'regulatory', 'enforcement', 'projection'];

describe('roles and grants', () => {
  it('are those an operator runs from deploy/grants.sql', () => {
    const databases = SERVICES.map((schema) => ({ database: `writ_${schema}`, schema }));
    const file = join(import.meta.dirname, '..', '..', '..', 'deploy', 'grants.sql');
    expect(readFileSync(file, 'utf8')).toBe(grantsScript(databases));
  });

  it('say nothing of ledger tables: their own migration grants, and never UPDATE or DELETE', () =>
    expect(grantStatements('writ_court', 'court').join('\n')).not.toMatch(/\bledger\b/));

  it.each(['court; DROP', 'Court', '', 'a"b'])('refuse %j as a name', (name) =>
    expect(() => grantStatements(name, 'court')).toThrow(RangeError),
  );

  it('refuse a password that would end the literal', () =>
    expect(() => roleStatement('CREATE', 'writ_court', 'owner', 'x y; DROP')).toThrow(RangeError));
});
