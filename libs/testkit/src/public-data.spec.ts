import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { publicData } from './public-data.process.js';

const before = { ...process.env };
afterEach(() => {
  process.env = { ...before };
});

describe('public data', () => {
  it('is found where WRIT_PUBLIC_DATA says', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'writ-public-'));
    mkdirSync(path.join(folder, 'made-up'));
    process.env['WRIT_PUBLIC_DATA'] = folder;
    expect(publicData('made-up')).toBe(path.join(folder, 'made-up'));
    rmSync(folder, { recursive: true });
  });

  it('that is not there is a failure where it is required, else a loud line', () => {
    process.env['WRIT_PUBLIC_DATA'] = '/nowhere';
    process.env['WRIT_REQUIRE_DATA'] = '1';
    expect(() => publicData('made-up')).toThrow('made-up is not there');
    delete process.env['WRIT_REQUIRE_DATA'];
    expect(publicData('made-up')).toBeUndefined();
  });
});
