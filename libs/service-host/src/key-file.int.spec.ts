import { afterAll, describe, expect, it } from '@jest/globals';
import { chmodSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@writ/local-servers';
import { keyFile } from './key-file.process.js';

const folder = temporaryFolder('writ-keys-');
afterAll(() => rmSync(folder, { recursive: true }));

describe('a key file', () => {
  it('is made once, of 32 bytes, for its owner alone, and nothing is left beside it', () => {
    const keys = join(folder, 'a');
    const key = keyFile(keys, 'alias');
    expect(key).toHaveLength(32);
    expect(keyFile(keys, 'alias')).toEqual(key);
    expect(statSync(join(keys, 'alias.key')).mode & 0o777).toBe(0o600);
    expect(readdirSync(keys)).toEqual(['alias.key']);
    expect(keyFile(keys, 'service.court')).not.toEqual(key);
  });

  it('is not used when others may read it, or when it is too short', () => {
    keyFile(folder, 'open');
    chmodSync(join(folder, 'open.key'), 0o640);
    expect(() => keyFile(folder, 'open')).toThrow('may be read by others');
    writeFileSync(join(folder, 'short.key'), 'x', { mode: 0o600 });
    expect(() => keyFile(folder, 'short')).toThrow('does not hold 32 bytes');
  });

  it.each(['../alias', 'a/b', '', 'Alias'])('is never named %j', (name) =>
    expect(() => keyFile(folder, name)).toThrow(RangeError),
  );
});
